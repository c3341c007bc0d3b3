"""Run the filter on made rows, and one comparison on made rows as the engine would."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from stages.filter.base import Comparison
from stages.filter.database import bounded_database, drop, load
from stages.filter.params import FilterParams
from stages.filter.rows import DROPPED, passed_columns
from stages.filter.run import filter_corpus
from tests.filter.material import table

Decisions = tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]


def write_scored(folder: Path, *shards: list[dict[str, Any]]) -> Path:
    """Scored tables below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, rows in enumerate(shards):
        pq.write_table(table(*rows), folder / f"{number:05d}.parquet")
    return folder


def decide(
    folder: Path, shards: list[list[dict[str, Any]]], params: FilterParams, seed: int = 3
) -> Decisions:
    """Kept keys with source and split, dropped keys with reason and value; `folder` is new."""
    write_scored(folder / "scored", *shards)
    filter_corpus(folder / "scored", folder / "filtered", folder / "work", params, seed)
    return read_decisions(folder / "filtered")


def read_decisions(filtered: Path) -> Decisions:
    kept = pq.read_table(filtered / "decisions" / "kept.parquet").to_pylist()
    dropped = pq.read_table(filtered / "decisions" / "dropped.parquet").to_pylist()
    assert kept == sorted(kept, key=lambda row: row["key"])
    assert dropped == sorted(dropped, key=lambda row: row["key"])
    return (
        {row["key"]: (row["source"], row["split"]) for row in kept},
        {row["key"]: (row["reason"], row["value"]) for row in dropped},
    )


@contextlib.contextmanager
def in_database(folder: Path, comparison: Comparison, rows: pa.Table) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database as the engine has it before a comparison is asked; the rows have passed every rule."""
    (folder / "passed").mkdir(parents=True, exist_ok=True)
    (folder / "dropped").mkdir(exist_ok=True)
    where = rows.schema.get_field_index("split")
    splits = pa.array([split or "train" for split in rows["split"].to_pylist()], pa.string())
    passed = passed_columns(rows.set_column(where, "split", splits), [comparison])
    passed = passed.append_column("translated_from", pa.nulls(len(passed), pa.string()))
    passed = passed.append_column("row", pa.array(range(len(passed)), pa.int64()))
    pq.write_table(passed, folder / "passed" / "0.parquet")
    pq.write_table(DROPPED.empty_table(), folder / "dropped" / "0.parquet")
    with bounded_database(folder / "database") as database:
        load(database, folder / "passed", folder / "dropped")
        yield database


def drops(folder: Path, comparison: Comparison, rows: pa.Table, seed: int = 3) -> dict[str, str]:
    """What a comparison drops of rows that passed every rule, with the value."""
    with in_database(folder, comparison, rows) as database:
        drop(database, "asked", comparison.drops(database, seed))
        return dict(database.execute("SELECT key, value FROM dropped").fetchall())
