"""`python -m stages.filter CORPUS`: keep or drop every sample of data/scored/CORPUS."""

import sys
from pathlib import Path

import typer
from rich.console import Console

from stages.core import params
from stages.core.process import exclusive, run_stage
from stages.filter.funnel import show
from stages.filter.params import FilterParams
from stages.filter.run import FILTERED, SCORED, filter_corpus

app = typer.Typer(add_completion=False)


@app.command()
def main(corpus: str) -> None:
    """Decide on every sample of data/scored/CORPUS by the thresholds of params.yaml."""
    thresholds = params.load(f"filter.{corpus}", FilterParams)
    work = Path("data/work/filter") / corpus
    with exclusive(work):
        counts = filter_corpus(SCORED / corpus, FILTERED / corpus, work, thresholds, params.seed())
    show(corpus, counts, Console())


if __name__ == "__main__":
    sys.exit(run_stage(app))
