"""`python -m stages.filter.fit classifier|clusters ...`: learn what a rule about embeddings asks."""

import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from stages.core import params
from stages.core.files import digest
from stages.core.process import run_stage
from stages.core.seeds import fraction
from stages.filter.fit.classifier import fit_classifier
from stages.filter.fit.clusters import fit_clusters
from stages.filter.fit.embeddings import count_rows, read_embeddings
from stages.filter.fit.labels import read_labels
from stages.filter.run import SCORED

app = typer.Typer(add_completion=False)

To = Annotated[Path, typer.Option(help="the safetensors file to write")]


@app.command()
def classifier(
    corpus: str,
    labels: Annotated[Path, typer.Option(help="a csv file with the columns key and unwanted (0 or 1)")],
    to: To,
    missed: Annotated[float, typer.Option(help="the share of the unwanted that may pass")] = 0.01,
) -> None:
    """Learn to tell unwanted pictures of data/scored/CORPUS from labels."""
    known = read_labels(labels)
    keys, embeddings = read_embeddings(SCORED / corpus, known.__contains__)
    unwanted = np.array([known[key] for key in keys])
    svm, outcome = fit_classifier(keys, embeddings, unwanted, missed=missed, seed=params.seed())
    svm.save(to)
    typer.echo(
        f"{len(keys):,} of {len(known):,} labelled samples have an embedding; of those held out, "
        f"{outcome.missed} of {outcome.unwanted} unwanted ones pass, "
        f"{outcome.lost} of {outcome.wanted} others are lost"
    )
    _echo_pin("classifier", to)


@app.command()
def clusters(
    pool: str,
    target: str,
    to: To,
    count: Annotated[int, typer.Option(min=1, help="of clusters")],
    sample: Annotated[
        int, typer.Option(min=1, help="at most about so many of the pool are clustered")
    ] = 200_000,
) -> None:
    """Cluster the pictures of data/scored/POOL, and mark the clusters near to one of data/scored/TARGET."""
    seed = params.seed()
    share = sample / max(1, count_rows(SCORED / pool))
    _, some = read_embeddings(SCORED / pool, lambda key: fraction(seed, "pool", key) < share)
    _, wanted = read_embeddings(SCORED / target, lambda _: True)
    found = fit_clusters(some, wanted, count, seed)
    found.save(to)
    typer.echo(
        f"{found.targeted.sum():,} of {count:,} clusters are near to one of {len(wanted):,} of {target}"
    )
    _echo_pin("clusters", to)


def _echo_pin(field: str, path: Path) -> None:
    """What to write in params.yaml."""
    typer.echo(f"{field}: {{path: {path}, sha256: {digest(path)}}}")


if __name__ == "__main__":
    sys.exit(run_stage(app))
