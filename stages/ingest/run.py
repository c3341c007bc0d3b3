"""A corpus from its manifests to `data/ingested/<corpus>`: plan, map over shards, publish.

Everything is made in `data/work/ingest/<corpus>` and moved to its final place in one step; what lies there is
what a run that was killed goes on from. After that the work folder keeps one small marker per shard, with the
hashes of what was published. A shard that is published and still has its hashes is done, so that a retry of
failed links (`--retry`) touches only the shards that have some. It is also why `data/ingested/<corpus>` is
`persist: true` in dvc.yaml: DVC then leaves it in place when it runs the stage after a retry, which finds
nothing to do, and DVC records the new result instead of fetching the whole corpus again.
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from stages.core.errors import BadConfigError, BadDataError
from stages.core.executor import map_shards
from stages.core.files import disk_errors, sync_folder
from stages.core.process import exclusive, failpoint
from stages.ingest.ledger import Retry
from stages.ingest.params import IngestParams
from stages.ingest.plan import make_plan
from stages.ingest.progress import Progress
from stages.ingest.shards import ShardTask, count_lines, ingest_shard

WORK = Path("data/work/ingest")
OUT = Path("data/ingested")


def ingest(
    corpus: str,
    params: IngestParams,
    seed: int,
    say: Callable[[str], None],
    *,
    retry: Retry | None = None,
    work: Path = WORK,
    out: Path = OUT,
) -> None:
    """Ingest a corpus; a rerun after a kill does only what is missing, and yields the same bytes.

    Args:
        corpus: the name of its section in params.yaml.
        params: that section.
        seed: the root seed.
        say: takes lines of progress.
        retry: which lines of shards that are done already to try again.
        work: where unfinished work lies.
        out: the folder in which the corpus's folder appears when it is complete.

    Raises:
        BadConfigError: there is nothing to retry.
        BadDataError: a manifest cannot be used, or none of the lines yielded a sample.
        TryAgainError: another process is at it, a worker died, or the disk is full.
        StopRequestedError: SIGTERM or SIGINT came; the work so far is kept.
    """
    with exclusive(work / corpus):
        folder, tasks = make_plan(params, seed, work / corpus)
        if retry and not any(task.marker.exists() for task in tasks):
            raise BadConfigError(
                f"--retry {retry}: no shard of ingest.{corpus} was finished here by these params, manifests "
                "and code; run without --retry first"
            )
        _remove_others(work / corpus, folder)
        _take_published(tasks, out / corpus)
        with Progress(corpus, len(tasks), count_lines(tasks), folder / "spool", say) as progress:
            todo = (replace(task, retry=retry) for task in tasks)
            for result in map_shards(ingest_shard, todo, while_waiting=progress.look):
                progress.add(result)
        if not progress.ok:
            raise BadDataError(
                f"ingest.{corpus}: no line yielded a sample; the commonest reason is {progress.commonest()}; "
                "check root, sources and their columns in params.yaml"
            )
        failpoint("ingest-before-publish")
        _publish(folder, out / corpus)
    for line in progress.summary():
        say(line)


def _remove_others(work: Path, folder: Path) -> None:
    """Work folders of other params or manifests are of no use any more."""
    for other in work.iterdir():
        if other.is_dir() and other != folder and other.name != "manifests":
            shutil.rmtree(other)


def _take_published(tasks: Sequence[ShardTask], out: Path) -> None:
    """Bring the published files of shards that this plan has finished before to where it looks for them."""
    for task in tasks:
        for path in (task.tar, task.ledger):
            published = out / path.name
            if task.marker.exists() and published.exists() and not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                with disk_errors(path):
                    _link(published, path)


def _link(source: Path, target: Path) -> None:
    """A second name for a file, which nobody writes in place; a copy where the disk has no such thing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _publish(folder: Path, out: Path) -> None:
    """Move the finished shards to their place in one step, and keep of the work the markers only."""
    for torn in (folder / "shards").glob(".*.part"):  # of a run that was killed while it wrote
        torn.unlink()
    out.parent.mkdir(parents=True, exist_ok=True)
    replaced = folder / "replaced"
    shutil.rmtree(replaced, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        out.rename(replaced)
    (folder / "shards").rename(out)
    sync_folder(out.parent)
    failpoint("ingest-after-publish")
    (folder / "plan.json").unlink()
    for left in ("plan", "spool", "replaced"):
        shutil.rmtree(folder / left, ignore_errors=True)
