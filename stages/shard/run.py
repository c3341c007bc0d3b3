"""Shard a corpus: write its tars, index them, read everything back, and only then publish."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from stages.core.errors import BadDataError, TryAgainError
from stages.core.executor import map_shards
from stages.core.files import disk_errors, fresh_folder, replacing, sync_folder
from stages.core.process import stop_requested
from stages.core.reader import INDEX_NAME, INDEX_SCHEMA, TARS_NAME
from stages.core.records import Sample
from stages.core.tars import MappedFiles, TarWriter
from stages.shard.params import ShardParams
from stages.shard.plan import Plan, locate, plan
from stages.shard.verify import check

INGESTED = Path("data/ingested")
FILTERED = Path("data/filtered")
SHARDS = Path("data/shards")

_KEPT = ("key", "source", "split")


class Job(NamedTuple):
    """A tar to write, and where."""

    plan: Plan
    folder: Path


def shard_corpus(ingested: Path, kept: Path, target: Path, params: ShardParams, seed: int) -> pd.DataFrame:
    """Write `tars/` and `index.parquet` of the kept samples.

    Everything is built and verified in a folder beside them. The index, without which no reader starts, is
    removed first and comes back last.

    Args:
        ingested: the folder with the ingested tars.
        kept: the filter's kept.parquet.
        target: the folder of this corpus below data/shards.
        params: how large a tar may become.
        seed: the root seed, for the order.

    Returns:
        The index.

    Raises:
        BadDataError: nothing was kept, or a kept sample is not among the ingested ones.
        TryAgainError: the disk is full, or a signal came; what was published is as it was.
    """
    plans = plan(locate(ingested, read_kept(kept)), params, seed)
    build = fresh_folder(target / ".new.part")
    try:
        with disk_errors(target):
            index = _write(plans, build)
            check(build)
            _publish(build, target)
    finally:
        shutil.rmtree(build, ignore_errors=True)
    return index


def read_kept(path: Path) -> pd.DataFrame:
    """The filter's list of kept samples: columns key, source, split.

    Raises:
        BadDataError: it is missing, unreadable or empty.
    """
    try:
        kept: pd.DataFrame = pq.read_table(path, columns=list(_KEPT)).to_pandas()
    except (FileNotFoundError, pa.ArrowInvalid) as error:
        raise BadDataError(f"{path}: missing or no list of kept samples; run `dvc repro filter`") from error
    if kept.empty:
        raise BadDataError(f"{path}: nothing was kept; look at funnel.json beside it for the reasons")
    return kept


def write_tar(job: Job) -> list[dict[str, Any]]:
    """Write one tar and give its rows of the index.

    Raises:
        BadDataError: an ingested tar is shorter than it was.
        TryAgainError: the disk is full.
    """
    files = MappedFiles()
    name = job.plan.name
    with TarWriter(job.folder / name) as writer:
        for placed in job.plan.samples:
            entries = {entry.file: entry for entry in placed.entries}
            contents = {file: files.read(placed.tar, e.offset, e.length) for file, e in entries.items()}
            writer.write(Sample(placed.key, contents))
    facts = {placed.key: {"source": placed.source, "split": placed.split} for placed in job.plan.samples}
    return [{"shard": name, **vars(member), **facts[member.key]} for member in writer.members]


def _write(plans: Iterator[Plan], build: Path) -> pd.DataFrame:
    tars = fresh_folder(build / TARS_NAME)
    rows: list[dict[str, Any]] = []
    for part in map_shards(write_tar, (Job(each, tars) for each in plans)):
        rows += part
        if stop_requested():
            raise TryAgainError(f"{build}: stopped by a signal, nothing was published; run again")
    table = pa.Table.from_pylist(rows, INDEX_SCHEMA)
    with replacing(build / INDEX_NAME) as path:
        pq.write_table(table, path, compression="zstd")
    index: pd.DataFrame = table.to_pandas()
    return index


def _publish(build: Path, target: Path) -> None:
    (target / INDEX_NAME).unlink(missing_ok=True)
    shutil.rmtree(target / TARS_NAME, ignore_errors=True)
    (build / TARS_NAME).rename(target / TARS_NAME)
    (build / INDEX_NAME).rename(target / INDEX_NAME)
    sync_folder(target)
