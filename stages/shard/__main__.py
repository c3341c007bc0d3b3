"""`python -m stages.shard CORPUS` writes a corpus, `python -m stages.shard verify [CORPUS]` re-hashes it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from stages.core import params
from stages.core.errors import BadDataError
from stages.core.index import INDEX_NAME, read_index
from stages.core.process import exclusive, run_stage
from stages.shard.params import ShardParams
from stages.shard.run import FILTERED, INGESTED, SHARDS, shard_corpus
from stages.shard.verify import check

writing = typer.Typer(add_completion=False)
verifying = typer.Typer(add_completion=False)


@writing.command()
def write(corpus: Annotated[str, typer.Argument(help="or: verify [CORPUS]")]) -> None:
    """Write the kept samples of CORPUS as tars with an index below data/shards/CORPUS."""
    sizes = params.load(f"shard.{corpus}", ShardParams)
    kept = FILTERED / corpus / "decisions" / "kept.parquet"
    with exclusive(Path("data/work/shard") / corpus):
        shard_corpus(INGESTED / corpus, kept, SHARDS / corpus, sizes, params.seed())
    typer.echo(f"{corpus}: wrote {summary(SHARDS / corpus)}")


@verifying.command()
def verify(corpus: Annotated[str | None, typer.Argument(help="all corpora by default")] = None) -> None:
    """Re-read every tar below data/shards and hold it against its index."""
    names = [corpus] if corpus else sorted(path.parent.name for path in SHARDS.glob(f"*/{INDEX_NAME}"))
    if not names:
        raise BadDataError(f"{SHARDS}: no corpora; run `dvc repro shard` or `dvc pull`")
    problems = []
    for name in names:
        try:
            check(SHARDS / name)
            typer.echo(f"{name}: {summary(SHARDS / name)}, all as indexed")
        except BadDataError as error:
            problems.append(str(error))
    if problems:
        raise BadDataError(" | ".join(problems))


def summary(root: Path) -> str:
    """Tars, samples and bytes of a corpus, in words."""
    index = read_index(root)
    size = index.length.sum() / 1e6
    return f"{len(index.shard.names):,} tars, {len(index.keys):,} samples, {size:,.1f} MB"


def main() -> None:
    """Tell the two commands apart."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["verify"]:
        verifying(arguments[1:], prog_name="python -m stages.shard verify")
    else:
        writing(arguments, prog_name="python -m stages.shard")


if __name__ == "__main__":
    sys.exit(run_stage(main))
