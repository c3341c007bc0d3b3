"""Files that a parquet manifest holds itself, read by the worker that needs them.

Such a manifest may be larger than memory, as may each of its row groups. A worker needs the rows of a shard
one after the other, so that it keeps its place in a column and goes on from there.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from stages.core.errors import BadDataError
from stages.core.safety import BadItemError, check_size
from stages.ingest.items import Embedded

_BATCH = 8  # rows in memory
_BUFFER = 1 << 18  # bytes of a column that are read at once


class Cells:
    """Reads embedded files; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at: Embedded | None = None  # what was read last
        self._values: Iterator[Any] = iter(())
        self._files = ExitStack()

    def read(self, place: Embedded, limit: int) -> bytes:
        """The bytes in a cell, of at most `limit`.

        Raises:
            BadItemError: the cell is empty, holds no bytes, or too many.
            BadDataError: the manifest is damaged or not what the plan was made from.
        """
        with self._lock:
            value = self._value(place)
        content = value.get("bytes") if isinstance(value, dict) else value
        if content is None:
            raise BadItemError("no_bytes", f"row {place.row} has no file")
        check_size(len(content), limit)
        return bytes(content)

    def close(self) -> None:
        """Close the manifest that was read last."""
        self._files.close()

    def _value(self, place: Embedded) -> Any:
        import pyarrow as pa  # noqa: PLC0415 - loaded where it is used

        try:
            steps = self._steps_to(place)
            for _ in range(steps):
                next(self._values)
            self._at = place
            return next(self._values)
        except (StopIteration, IndexError) as error:
            raise BadDataError(
                f"{place.path}: has no row {place.row} in column {place.column!r}; run again"
            ) from error
        except (pa.ArrowException, OSError) as error:
            raise BadDataError(f"{place.path}: damaged ({error}); fetch it again") from error

    def _steps_to(self, place: Embedded) -> int:
        """How many values to pass over, from where we are or from the beginning of the cell's row group."""
        last = self._at
        if last and (last.path, last.column) == (place.path, place.column) and last.row < place.row:
            return place.row - last.row - 1
        return self._open(place)

    def _open(self, place: Embedded) -> int:
        import pyarrow.parquet as pq  # noqa: PLC0415

        self._files.close()
        file = self._files.enter_context(pq.ParquetFile(place.path, buffer_size=_BUFFER, pre_buffer=False))
        before, groups = 0, list(range(file.num_row_groups))
        while groups and place.row >= before + (rows := file.metadata.row_group(groups[0]).num_rows):
            before += rows
            del groups[0]
        batches = file.iter_batches(_BATCH, row_groups=groups, columns=[place.column])
        self._values = (value.as_py() for batch in batches for value in batch.column(0))
        return place.row - before
