"""A corpus from its manifests to `data/ingested/<corpus>`: plan, map over shards, publish.

Everything is made in `data/work/ingest/<corpus>` and moved to its final place in one step. DVC removes a
stage's outputs before it runs the stage; the work folder is what a run that was killed goes on from.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from stages.core.errors import BadDataError
from stages.core.executor import map_shards
from stages.core.files import sync_folder
from stages.core.process import exclusive, failpoint, stop_requested
from stages.ingest.params import IngestParams
from stages.ingest.plan import make_plan
from stages.ingest.progress import Progress
from stages.ingest.shards import ingest_shard

WORK = Path("data/work/ingest")
OUT = Path("data/ingested")


def ingest(
    corpus: str,
    params: IngestParams,
    seed: int,
    say: Callable[[str], None],
    *,
    work: Path = WORK,
    out: Path = OUT,
) -> bool:
    """Ingest a corpus; a rerun after a kill does only what is missing, and yields the same bytes.

    Args:
        corpus: the name of its section in params.yaml.
        params: that section.
        seed: the root seed.
        say: takes lines of progress.
        work: where unfinished work lies.
        out: the folder in which the corpus's folder appears when it is complete.

    Returns:
        Whether it was finished; False after a signal, when the work so far is kept.

    Raises:
        BadDataError: a manifest cannot be used, or none of the lines yielded a sample.
        TryAgainError: another process is at it, a worker died, or the disk is full.
    """
    with exclusive(work / corpus):
        folder, tasks = make_plan(params, seed, work / corpus)
        progress = Progress(corpus, len(tasks), say)
        for result in map_shards(ingest_shard, tasks):
            progress.add(result)
            if stop_requested():
                return False
        if not progress.ok:
            raise BadDataError(
                f"ingest.{corpus}: no line yielded a sample; the commonest reason is {progress.commonest()}; "
                "check root, sources and their columns in params.yaml"
            )
        failpoint("ingest-before-publish")
        _publish(folder, out / corpus)
    for line in progress.summary():
        say(line)
    return True


def _publish(folder: Path, out: Path) -> None:
    """Move the finished shards to their place in one step, and forget the work."""
    for torn in (folder / "shards").glob(".*.part"):  # of a run that was killed while it wrote
        torn.unlink()
    if out.exists():
        shutil.rmtree(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    (folder / "shards").rename(out)
    sync_folder(out.parent)
    failpoint("ingest-after-publish")
    shutil.rmtree(folder)
