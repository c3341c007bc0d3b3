"""Where every kept sample lies among the ingested tars, and in which order they are written.

Each tar's headers become a table on the disk, one row a sample, in a worker process; DuckDB joins these with
the filter's list and sorts, within bounded memory. Samples cost bytes on the disk, where a hundred million
can stay, and neither the order nor the number of the ingested tars changes a byte of the result.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from stages.core.errors import BadDataError, TryAgainError
from stages.core.executor import map_shards
from stages.core.files import fresh_folder, replacing
from stages.core.seeds import fold
from stages.core.tars import Entry, footprint, scan

_MEMORY = "2GB"  # of DuckDB; what is beyond goes to the work folder
_ROWS = 10_000  # samples that are fetched at once
_LOCATED = pa.schema(
    [
        ("key", pa.string()),
        ("place", pa.int64()),  # by which samples are sorted: a hash, so that neighbours are strangers
        ("tar", pa.string()),
        ("size", pa.int64()),
        ("file", pa.list_(pa.string())),
        ("offset", pa.list_(pa.int64())),
        ("length", pa.list_(pa.int64())),
    ]
)


@dataclass(frozen=True)
class Placed:
    """A kept sample and where its files lie now.

    Attributes:
        tar: the name of an ingested tar.
        size: bytes that the sample takes in a tar, as it was ingested.
        translated_from: the spoken language if the text is its English translation.
        entries: its files.
    """

    key: str
    source: str
    split: str
    tar: str
    size: int
    translated_from: str | None
    entries: tuple[Entry, ...]


class Scan(NamedTuple):
    """A tar to look through, the table to write, and the root seed."""

    tar: Path
    table: Path
    seed: int


def locate(ingested: Path, kept: Path, work: Path, seed: int) -> Iterator[Placed]:
    """Every kept sample: split by split, and within a split in the order of writing.

    Args:
        ingested: the folder with `NNNNN.tar`.
        kept: the filter's kept.parquet, with columns key, source, split, translated_from.
        work: a folder for tables, which is emptied first.
        seed: the root seed, for the order.

    Raises:
        BadDataError: a tar is damaged, or a kept sample is in none of them or in two.
    """
    tables = fresh_folder(work) / "tables"
    tars = sorted(ingested.glob("*.tar"))
    for _ in map_shards(scan_tar, (Scan(tar, tables / f"{tar.stem}.parquet", seed) for tar in tars)):
        pass
    with _database(work / "spill") as database:
        _join(database, kept, sorted(tables.glob("*.parquet")))
        _check(database, ingested)
        yield from _in_order(database)


def scan_tar(task: Scan) -> int:
    """Write the table of one tar, and give its number of samples.

    Raises:
        BadDataError: the tar is damaged.
        TryAgainError: the disk is full.
    """
    rows = []
    for key, group in groupby(scan(task.tar), key=lambda entry: entry.key):
        entries = list(group)
        place = fold(task.seed, "shard", key)
        size = sum(footprint(entry.length) for entry in entries)
        columns = {name: [getattr(entry, name) for entry in entries] for name in ("file", "offset", "length")}
        rows.append({"key": key, "place": place, "tar": task.tar.name, "size": size, **columns})
    with replacing(task.table) as part:
        pq.write_table(pa.Table.from_pylist(rows, _LOCATED), part, compression="zstd")
    return len(rows)


@contextlib.contextmanager
def _database(spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of bounded memory; tables and sorts that need more go to the folder `spill`."""
    try:
        with duckdb.connect() as database:
            database.execute(f"set memory_limit = '{_MEMORY}'; set preserve_insertion_order = false")
            database.execute("set temp_directory = ?", [str(spill)])
            yield database
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise TryAgainError(f"{spill}: no room to sort ({error}); free some space and run again") from error


def _join(database: duckdb.DuckDBPyConnection, kept: Path, tables: list[Path]) -> None:
    """The table `placed`, one row for each kept sample and each tar that has it."""
    if not tables:
        raise BadDataError(f"{kept}: no ingested tars to take the kept samples from; run `dvc repro ingest`")
    database.execute(
        "create table placed as "
        "select kept.key, kept.source, kept.split, kept.translated_from, located.* exclude (key) "
        "from read_parquet(?) kept left join read_parquet(?) located using (key)",
        [str(kept), [str(table) for table in tables]],
    )


def _check(database: duckdb.DuckDBPyConnection, ingested: Path) -> None:
    """Each kept sample has to be there once."""
    query = "select count(*), min(key) from placed where tar is null"
    missing, first = database.execute(query).fetchall()[0]
    if missing:
        raise BadDataError(
            f"{ingested}: {missing} kept samples are not there, first {first!r}; run `dvc repro`"
        )
    query = "select key, min(tar), max(tar) from placed group by key having count(*) > 1 order by key limit 1"
    for key, one, other in database.execute(query).fetchall():
        raise BadDataError(
            f"sample {key!r} is in {ingested / one} and in {ingested / other}; run ingest again"
        )


def _in_order(database: duckdb.DuckDBPyConnection) -> Iterator[Placed]:
    result = database.execute(
        'select key, source, split, tar, size, translated_from, file, "offset", length '
        "from placed order by split, place, key"
    )
    while rows := result.fetchmany(_ROWS):
        for key, source, split, tar, size, language, *columns in rows:
            entries = tuple(Entry(key, *each) for each in zip(*columns, strict=True))
            yield Placed(key, source, split, tar, size, language, entries)
