"""Evaluation sets as rows that a search compares samples with: before them all, at places below zero."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stages.core.errors import BadDataError
from stages.core.features import FEATURES
from stages.filter.duplicates.likeness import Likeness

_BATCH = 16_384  # rows in memory at once
_PLACED = """
    CREATE OR REPLACE TABLE contaminants_references AS
    SELECT -row_number() OVER (ORDER BY key DESC) AS place, * FROM contaminants_read
"""


def load_references(
    database: duckdb.DuckDBPyConnection, name: str, tables: str, searches: Sequence[Likeness]
) -> list[str]:
    """Make the table `contaminants_references` from a set.

    Args:
        database: where to.
        name: of the set; keys become `<name>:<key>`.
        tables: a folder with parquet tables, or one of them.
        searches: what will look at it.

    Returns:
        The columns beside place, key and source: what the searches look at, and what they derive.

    Raises:
        BadDataError: there are no tables, or one lacks a column that a search looks at.
    """
    columns = sorted({"split"}.union(*(search.columns for search in searches)))
    empty = _derived(FEATURES.empty_table(), columns, searches)
    database.register("contaminants_batch", empty)
    database.execute("CREATE OR REPLACE TABLE contaminants_read AS SELECT * FROM contaminants_batch")
    needed = {"key"}.union(*(search.columns | search.inputs for search in searches))
    for rows in _read(name, tables, needed):
        database.register("contaminants_batch", _derived(rows, columns, searches))
        database.execute("INSERT INTO contaminants_read SELECT * FROM contaminants_batch")
    database.unregister("contaminants_batch")
    database.execute(_PLACED)
    return [column for column in empty.schema.names if column not in ("key", "source", "split")]


def _derived(rows: pa.Table, columns: Sequence[str], searches: Sequence[Likeness]) -> pa.Table:
    table = rows.select(["key", "source", *columns])
    for search in searches:
        for name, column in search.derive(rows).items():
            if name not in table.schema.names:
                table = table.append_column(name, column)
    return table


def _read(name: str, tables: str, needed: set[str]) -> Iterator[pa.Table]:
    """The set's rows with all columns of FEATURES, null where its tables have none."""
    path = Path(tables)
    paths = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if not paths or not all(each.is_file() for each in paths):
        raise BadDataError(
            f"{path}: no tables of the evaluation set {name!r}; score it, or correct its `tables`"
        )
    for each in paths:
        try:
            with pq.ParquetFile(each) as file:
                if missing := sorted(needed - set(file.schema_arrow.names)):
                    raise BadDataError(
                        f"{each}: no column {missing[0]!r}, which decontaminate.sets.{name} looks at"
                    )
                yield from (
                    _filled(pa.Table.from_batches([batch]), name) for batch in file.iter_batches(_BATCH)
                )
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise BadDataError(f"{each}: not a table of the evaluation set {name!r} ({error})") from error


def _filled(rows: pa.Table, name: str) -> pa.Table:
    arrays = [
        rows[field.name].cast(field.type)
        if field.name in rows.schema.names
        else pa.nulls(len(rows), field.type)
        for field in FEATURES
    ]
    table = pa.Table.from_arrays(arrays, schema=FEATURES)
    keys = pa.array(np.char.add(f"{name}:", np.asarray(rows["key"].to_pylist(), str)))
    return table.set_column(0, FEATURES.field("key"), keys)
