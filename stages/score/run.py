"""Score a corpus: each ingested tar becomes a table of features, in a process of its own.

Finished tables wait in `data/work/score/<corpus>` under a name that tells what they were made of, and are
published in one step. A run that was killed goes on with the tars that have no table yet.
"""

import hashlib
import shutil
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stages.core.errors import BadDataError, TryAgainError
from stages.core.executor import map_shards
from stages.core.features import FEATURES
from stages.core.files import digest, replacing, replacing_folder
from stages.core.process import failpoint, stop_requested
from stages.core.tars import read_samples
from stages.score import inputs, models
from stages.score.params import ScoreParams
from stages.score.sample import score_sample

INGESTED = Path("data/ingested")
SCORED = Path("data/scored")
WORK = Path("data/work/score")


@dataclass(frozen=True)
class ShardTask:
    """What a worker needs for one tar.

    Attributes:
        tar: the samples.
        work: the folder for the table.
        params: which models look at the samples.
        made_by: a hash of all but the tar that the table depends on.
    """

    tar: Path
    work: Path
    params: ScoreParams
    made_by: str


@dataclass(frozen=True)
class ShardResult:
    """A finished table and how many samples are in it."""

    table: Path
    samples: int


def score_corpus(
    source: Path, target: Path, params: ScoreParams, work: Path, say: Callable[[str], None]
) -> int:
    """Score every tar of a folder.

    Args:
        source: the folder with `NNNNN.tar`.
        target: the folder for `NNNNN.parquet`; it takes its final name when all is done.
        params: which models look at the samples.
        work: the folder in which finished tables wait for the others; it is removed in the end.
        say: takes lines of progress.

    Returns:
        The number of samples.

    Raises:
        BadDataError: there are no tars, one is damaged, or a model's weights are.
        BadConfigError: a function that params.yaml names cannot be used.
        TryAgainError: the disk is full, or a signal came; the tables that are done are kept.
    """
    tars = sorted(source.glob("*.tar"))
    if not tars:
        raise BadDataError(f"{source}: no tars; run `dvc repro ingest`")
    made_by = inputs.digest_of(params)
    tables, count, begin = [], 0, time.monotonic()
    for result in map_shards(score_shard, [ShardTask(tar, work, params, made_by) for tar in tars]):
        tables.append(result.table)
        count += result.samples
        rate = count / max(time.monotonic() - begin, 1e-9)
        say(f"{target.name}: shard {len(tables)} of {len(tars)}, {count:,} samples, {rate:,.0f} samples/s")
        failpoint("score-after-shard")
        if stop_requested():
            raise TryAgainError(f"{target}: stopped by a signal; run again to go on")
    with replacing_folder(target) as folder:
        for tar, table in zip(tars, tables, strict=True):
            (folder / f"{tar.stem}.parquet").hardlink_to(table)
    shutil.rmtree(work)
    return count


def score_shard(task: ShardTask) -> ShardResult:
    """Score one tar into one parquet file, rows sorted by key, unless an earlier run has done so.

    Raises:
        BadConfigError: a function that params.yaml names cannot be used.
        BadDataError: the tar is damaged, or a model's weights are.
        TryAgainError: the disk is full.
    """
    made_of = hashlib.sha256(f"{digest(task.tar)} {task.made_by}".encode()).hexdigest()
    path = task.work / f"{task.tar.stem}.{made_of}.parquet"
    if path.exists():
        return ShardResult(path, pq.read_metadata(path).num_rows)
    try:
        rows = sorted(_rows(task), key=lambda row: str(row["key"]))
    except tarfile.TarError as error:
        raise BadDataError(f"{task.tar}: damaged ({error}); run `dvc repro ingest`") from error
    with replacing(path) as part:
        pq.write_table(pa.Table.from_pylist(rows, FEATURES), part, compression="zstd")
    return ShardResult(path, len(rows))


def _rows(task: ShardTask) -> Iterator[dict[str, Any]]:
    """Score samples one by one, and show them to the models batch by batch."""
    given = models.load(task.params.models)
    scored = map(score_sample, read_samples(task.tar))
    while batch := list(islice(scored, task.params.batch)):
        models.look(given, batch)
        yield from (one.row for one in batch)
