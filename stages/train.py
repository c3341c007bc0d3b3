"""Train a system of the registry: `python -m stages.train whisper`.

Which of the ten it is makes no difference here. A run that was killed goes on from its last checkpoint in
data/work/; one that had finished is published again without a step.
"""

from stages.core.process import exclusive, failpoint, run_stage  # first: it notes who started us

# isort: split
import contextlib
import csv
import io
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from torch import Tensor

from stages import systems
from stages.core import device, distributed, lineage, loop, params
from stages.core.checkpoint import write_tensors
from stages.core.files import fresh_folder, replacing, write_json, write_text
from stages.core.journal import Row
from stages.core.tracking import Tracker

WORK, SHARDS, MODELS = Path("data/work"), Path("data/shards"), Path("data/models")


def train(name: str, system: type[systems.System]) -> None:
    """Train one system in this working folder and publish it.

    Args:
        name: its name in the registry and in params.yaml.
        system: its class.

    Raises:
        BadConfigError: params.yaml has an unknown key or a bad value.
        TryAgainError: another process trains the same system here, or the disk is full.
    """
    settings = params.load("train", device.TrainParams)
    params.load(f"systems.{name}", system.Params)  # a typing error costs a second and not a start of ranks
    if distributed.launched():
        alone = exclusive(WORK / name) if distributed.env_rank() == 0 else contextlib.nullcontext()
        with alone:
            train_rank(name, system)
        return
    with exclusive(WORK / name):
        if settings.processes > 1:
            distributed.launch(partial(train_rank, name, system), settings.processes, WORK / name)
        else:
            train_rank(name, system)


def train_rank(name: str, system: type[systems.System]) -> None:
    """Train as one of the ranks, or as the only one; rank 0 records and publishes."""
    settings = params.load("train", device.TrainParams)
    chosen = params.load(f"systems.{name}", system.Params)
    seed = params.seed()
    where = device.settle(settings, distributed.env_local_rank())
    made_of = lineage.trace(name, system, chosen, settings, seed=seed, shards=SHARDS, device=where.type)
    build = partial(system, chosen, seed, SHARDS)
    job = loop.Job(
        name=name,
        seed=seed,
        pace=_pace(chosen),
        folder=WORK / name / made_of.key[:12],
        key=made_of.key,
        build=build,
        workers=settings.workers,
    )
    with distributed.joined(where):
        built = build()
        state = built.init(where)
        if distributed.rank() > 0:
            loop.run(job, built, state)
            return
        with Tracker(made_of, WORK, SHARDS) as tracker:
            rows = loop.run(job, built, state, tracker.send)
            if rows is not None:
                publish(MODELS / name, state.published(), built.config(), rows)
                failpoint("published")
                tracker.model(MODELS / name / "weights")


def publish(folder: Path, tensors: Mapping[str, Tensor], config: Mapping[str, Any], rows: list[Row]) -> None:
    """Write what DVC takes as the stage's outputs: the weights, the last numbers and the curves."""
    weights = fresh_folder(folder / "weights")
    with replacing(weights / "model.safetensors") as part:
        write_tensors(part, tensors)
    write_json(weights / "config.json", config)
    write_text(folder / "curves.csv", _csv(rows))
    size = sum(tensor.numel() for tensor in tensors.values())
    write_json(folder / "train.json", {**(rows[-1] if rows else {}), "parameters": size})


def _csv(rows: list[Row]) -> str:
    names = sorted({name for row in rows for name in row} - {"step"})
    text = io.StringIO()
    writer = csv.DictWriter(text, ["step", *names], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _pace(chosen: Any) -> loop.Pace:
    pace = chosen.recipe
    if not isinstance(pace, loop.Pace):
        raise TypeError(f"{type(chosen).__qualname__}.recipe must be a Pace")
    return pace


def main(system: Annotated[str, typer.Argument(help="A system of the registry, as `whisper`.")]) -> None:
    """Train a system as params.yaml says, from where an earlier run stopped."""
    train(system, systems.load(system))


if __name__ == "__main__":
    sys.exit(run_stage(partial(typer.run, main)))
