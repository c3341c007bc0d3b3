"""Measure a trained system on held-out data: `python -m stages.evaluate whisper`.

The numbers become DVC's metrics; the paper's claims, figures and tables become the pages of the report; and
everything joins the MLflow run of the training.
"""

from stages.core.process import exclusive, failpoint, run_stage  # first: it notes who started us

# isort: split
import math
import re
import sys
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from stages import systems
from stages.core import device, lineage, params, plotting
from stages.core.checkpoint import read_tensors
from stages.core.evaluation import Claim, Evaluation
from stages.core.files import fresh_folder, write_json, write_text
from stages.core.journal import read_rows
from stages.core.tracking import Tracker

WORK, SHARDS, MODELS, EVALS = (Path("data", name) for name in ("work", "shards", "models", "evals"))


def evaluate(name: str, system: type[systems.System]) -> None:
    """Measure one system in this working folder.

    Args:
        name: its name in the registry and in params.yaml.
        system: its class.

    Raises:
        BadConfigError: params.yaml has an unknown key or a bad value.
        BadDataError: the weights are missing or damaged.
        TryAgainError: the same system is being trained or evaluated here, or the disk is full.
    """
    settings = params.load("train", device.TrainParams)
    chosen = params.load(f"systems.{name}", system.Params)
    seed = params.seed()
    with exclusive(WORK / name):
        where = device.settle(settings)
        weights = MODELS / name / "weights"
        tensors = read_tensors(weights / "model.safetensors")
        made_of = lineage.trace(name, system, chosen, settings, seed=seed, shards=SHARDS, device=where.type)
        with plotting.style():
            measured = system(chosen, seed, SHARDS).evaluate(tensors, where)
        publish(EVALS / name, measured, system.claims)
        failpoint("evaluated")
        with Tracker(made_of, WORK, SHARDS) as tracker:
            tracker.send(read_rows(WORK / name / made_of.key[:12] / "metrics.jsonl"))
            tracker.model(weights)
            tracker.results(measured.metrics, EVALS / name / "pages")


def publish(folder: Path, measured: Evaluation, claims: Iterable[Claim]) -> None:
    """Write what DVC takes as the stage's outputs: flat metrics, and pages for the report.

    Raises:
        ValueError: a metric is not finite, or a name is no file name; both are the system's mistakes.
    """
    for name, value in measured.metrics.items():
        if not math.isfinite(value):
            raise ValueError(f"metric {name} is {value}")
    pages = fresh_folder(folder / "pages")
    write_json(pages / "claims.json", [_judged(claim, measured.metrics) for claim in claims])
    for name, drawn in measured.figures.items():
        plotting.write_svg(pages / "figures" / f"{_plain(name)}.svg", drawn)
    for name, table in measured.tables.items():
        write_text(pages / "tables" / f"{_plain(name)}.csv", table.to_csv(index=False, lineterminator="\n"))
    write_json(folder / "metrics.json", dict(measured.metrics))


def _judged(claim: Claim, metrics: Mapping[str, float]) -> dict[str, Any]:
    """A claim with the number that decides it, None where nothing was measured."""
    return {
        "id": claim.id,
        "sentence": claim.sentence,
        "paper": claim.paper,
        "metric": claim.metric,
        "value": metrics.get(claim.metric),
        "relation": claim.relation,
        "reference": claim.reference,
        "verdict": claim.verdict(metrics),
        "needs": claim.needs,
    }


def _plain(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9_-]+", name):
        raise ValueError(f"{name!r}: figures and tables are named in a-z, 0-9, _ and -")
    return name


def main(system: Annotated[str, typer.Argument(help="A system of the registry, as `whisper`.")]) -> None:
    """Evaluate a trained system as params.yaml says."""
    evaluate(system, systems.load(system))


if __name__ == "__main__":
    sys.exit(run_stage(partial(typer.run, main)))
