"""Parquet: rows in small batches, and the files that a table itself holds left where they are.

`datasets` writes a picture or a recording as a struct of `bytes` and `path`. Such a column is not read here:
each of its values comes as a `Cell`, by which a worker finds the bytes (`stages.ingest.sources.cells`).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from stages.core.errors import BadDataError
from stages.ingest.items import Row
from stages.ingest.sources.streams import Reading
from stages.ingest.sources.table import BadRow, Cell, Table

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_BATCH = 1024  # rows in memory


def read_parquet(reading: Reading) -> Table:
    """A table by columns.

    Raises:
        BadDataError: the file is no parquet, or damaged; damage further down is raised while rows are read.
    """
    import pyarrow as pa  # noqa: PLC0415 - loaded where it is used
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        file = pq.ParquetFile(reading.content(), pre_buffer=False)
        schema = file.schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise BadDataError(f"{reading.path}: no readable parquet file ({error}); fetch it again") from error
    embedded = frozenset(field.name for field in schema if _holds_files(field.type))
    rows = _rows(reading, file, embedded)
    return Table(tuple(schema.names), rows, embedded, file.metadata.num_rows)


def _holds_files(kind: Any) -> bool:
    """Whether values are files: bare bytes, or a struct with a field `bytes`."""
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_struct(kind):
        return "bytes" in {kind.field(number).name for number in range(kind.num_fields)}
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _rows(reading: Reading, file: "pq.ParquetFile", embedded: frozenset[str]) -> Iterator[Row | BadRow]:
    import pyarrow as pa  # noqa: PLC0415

    names = [name for name in file.schema_arrow.names if name not in embedded]
    number = 0
    try:
        for batch in file.iter_batches(_BATCH, columns=names):
            for row in batch.to_pylist() if names else [{}] * batch.num_rows:
                yield row | {column: Cell(column, number) for column in embedded}
                number += 1
    except (pa.ArrowException, OSError) as error:
        raise BadDataError(f"{reading.path}: damaged ({error}); fetch it again") from error
