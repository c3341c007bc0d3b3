"""`python -m stages.filter CORPUS` keeps or drops each sample of a corpus; `recipes` lists the recipes."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stages.core import params
from stages.core.process import exclusive, run_stage
from stages.filter.funnel import show
from stages.filter.params import FilterParams
from stages.filter.recipes.catalogue import catalogue
from stages.filter.run import FILTERED, SCORED, filter_corpus

deciding = typer.Typer(add_completion=False)


@deciding.command()
def decide(corpus: Annotated[str, typer.Argument(help="or: recipes")]) -> None:
    """Decide on every sample of data/scored/CORPUS by the thresholds of params.yaml."""
    thresholds = params.load(f"filter.{corpus}", FilterParams)
    work = Path("data/work/filter") / corpus
    with exclusive(work):
        counts = filter_corpus(SCORED / corpus, FILTERED / corpus, work, thresholds, params.seed())
    show(corpus, counts, Console())


def main() -> None:
    """Tell the two commands apart."""
    if sys.argv[1:] == ["recipes"]:
        typer.echo("\n\n".join(catalogue()))
    else:
        deciding(prog_name="python -m stages.filter")


if __name__ == "__main__":
    sys.exit(run_stage(main))
