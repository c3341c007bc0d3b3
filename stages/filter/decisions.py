"""The decisions as files: `kept.parquet` and `dropped.parquet`, in key order, never whole in memory."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from stages.core.files import replacing
from stages.filter.rows import DROPPED

KEPT = pa.schema([(name, pa.string()) for name in ("key", "source", "split", "translated_from")])
"""`translated_from` is the spoken language where the text is its English translation, null elsewhere."""

_ROW_GROUP = 1 << 18  # rows in memory at once


def write_decisions(database: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write what is kept and what is dropped, the same bytes for the same decisions.

    Args:
        database: with the views `kept` and `dropped`.
        folder: of `kept.parquet` and `dropped.parquet`.

    Raises:
        TryAgainError: the disk is full.
    """
    for name, schema in (("kept", KEPT), ("dropped", DROPPED)):
        columns = ", ".join(schema.names)
        rows = database.sql(f"SELECT {columns} FROM {name} ORDER BY place")  # noqa: S608 - the names are ours
        with (
            replacing(folder / f"{name}.parquet") as part,
            pq.ParquetWriter(part, schema, compression="zstd") as file,
        ):
            for group in _row_groups(rows, schema):
                file.write_table(group, _ROW_GROUP)


def _row_groups(rows: duckdb.DuckDBPyRelation, schema: pa.Schema) -> Iterator[pa.Table]:
    """Tables of _ROW_GROUP rows, the last one of fewer, whatever the batches in which the rows come."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in rows.to_arrow_reader(_ROW_GROUP):
        waiting.append(batch)
        count += batch.num_rows
        while count >= _ROW_GROUP:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, _ROW_GROUP).cast(schema)
            waiting = table.slice(_ROW_GROUP).to_batches()
            count -= _ROW_GROUP
    if count:
        yield pa.Table.from_batches(waiting).cast(schema)
