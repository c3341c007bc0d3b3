"""`python -m stages.score CORPUS`: measure every sample of data/ingested/CORPUS once."""

import sys
from pathlib import Path

import typer

from stages.core.process import exclusive, run_stage
from stages.score.run import INGESTED, SCORED, score_corpus

app = typer.Typer(add_completion=False)


@app.command()
def main(corpus: str) -> None:
    """Measure every sample of data/ingested/CORPUS into data/scored/CORPUS."""
    with exclusive(Path("data/work/score") / corpus):
        count = score_corpus(INGESTED / corpus, SCORED / corpus)
    typer.echo(f"{corpus}: {count:,} samples scored")


if __name__ == "__main__":
    sys.exit(run_stage(app))
