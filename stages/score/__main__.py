"""`python -m stages.score CORPUS`: measure every sample of data/ingested/CORPUS once."""

import sys

import typer

from stages.core import params
from stages.core.process import exclusive, run_stage
from stages.score.params import ScoreParams
from stages.score.run import INGESTED, SCORED, WORK, score_corpus

app = typer.Typer(add_completion=False)


@app.command()
def main(corpus: str) -> None:
    """Measure every sample of data/ingested/CORPUS into data/scored/CORPUS, as params.yaml says."""
    chosen = params.load(f"score.{corpus}", ScoreParams)
    with exclusive(WORK / corpus):
        tables = WORK / corpus / "tables"
        count = score_corpus(INGESTED / corpus, SCORED / corpus, chosen, tables, typer.echo)
    typer.echo(f"{corpus}: {count:,} samples scored")


if __name__ == "__main__":
    sys.exit(run_stage(app))
