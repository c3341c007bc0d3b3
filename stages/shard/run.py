"""Shard a corpus: write its tars, read each back, index them, and only then publish."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stages.core.errors import BadDataError, TryAgainError
from stages.core.executor import map_shards
from stages.core.files import disk_errors, fresh_folder, sync_folder
from stages.core.index import INDEX_NAME, TARS_NAME, IndexWriter
from stages.core.process import stop_requested
from stages.core.store.catalogue import Catalogue, Stored, write_catalogue
from stages.shard.locate import locate
from stages.shard.params import ShardParams
from stages.shard.plan import plan
from stages.shard.write import Job, write_tar

INGESTED = Path("data/ingested")
FILTERED = Path("data/filtered")
SHARDS = Path("data/shards")

_KEPT = {"key", "source", "split", "translated_from"}


def shard_corpus(ingested: Path, kept: Path, target: Path, params: ShardParams, seed: int) -> None:
    """Write `tars/` and `index.parquet` of the kept samples; with a store, `tars/` says what is there.

    Everything is built in a folder beside them, each tar read back as it is written. The index, without which
    no reader starts, is removed first and comes back last.

    Args:
        ingested: the folder with the ingested tars.
        kept: the filter's kept.parquet.
        target: the folder of this corpus below data/shards.
        params: how large a tar may become.
        seed: the root seed, for the order.

    Raises:
        BadDataError: nothing was kept, or a kept sample is not among the ingested ones.
        TryAgainError: the disk is full, or a signal came; what was published is as it was.
    """
    check_kept(kept)
    build = fresh_folder(target / ".new.part")
    try:
        with disk_errors(target):
            plans = plan(locate(ingested, kept, build / "located", seed), params)
            tars = fresh_folder(build / TARS_NAME)
            _write((Job(each, ingested, tars, params.store) for each in plans), build, params.store)
            _publish(build, target)
    finally:
        shutil.rmtree(build, ignore_errors=True)


def check_kept(path: Path) -> None:
    """Look whether the filter's list of kept samples is one.

    Raises:
        BadDataError: it is missing, unreadable, lacks a column or is empty.
    """
    try:
        with pq.ParquetFile(path) as kept:
            rows, missing = kept.metadata.num_rows, _KEPT - set(kept.schema_arrow.names)
    except (FileNotFoundError, pa.ArrowInvalid) as error:
        raise BadDataError(f"{path}: missing or no list of kept samples; run `dvc repro filter`") from error
    if missing:
        raise BadDataError(f"{path}: no column {min(missing)!r}; run `dvc repro filter`")
    if not rows:
        raise BadDataError(f"{path}: nothing was kept; look at funnel.json beside it for the reasons")


def _write(jobs: Iterator[Job], build: Path, store: str | None) -> None:
    stored: dict[str, Stored] = {}
    with IndexWriter(build / INDEX_NAME) as index:
        for written in map_shards(write_tar, jobs):
            index.write(written.rows)
            if written.stored:
                stored[written.name] = written.stored
            if stop_requested():
                raise TryAgainError(f"{build}: stopped by a signal, nothing was published; run again")
    if store:
        write_catalogue(build / TARS_NAME, Catalogue(store=store, tars=stored))


def _publish(build: Path, target: Path) -> None:
    (target / INDEX_NAME).unlink(missing_ok=True)
    shutil.rmtree(target / TARS_NAME, ignore_errors=True)
    (build / TARS_NAME).rename(target / TARS_NAME)
    (build / INDEX_NAME).rename(target / INDEX_NAME)
    sync_folder(target)
