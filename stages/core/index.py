"""The index of a corpus: which sample's files lie where, in less than 100 bytes of memory a sample.

`index.parquet` has one row per file: key, source, split, shard, file, offset, length, sha256; the files of a
sample stand together. It is read batch by batch into columns of numbers. Names that recur are stored once,
and the hashes, half of the file, stay on the disk: who verifies reads them from there.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stages.core.errors import BadDataError
from stages.core.files import replacing

INDEX_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("source", pa.string()),
        ("split", pa.string()),
        ("shard", pa.string()),
        ("file", pa.string()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("sha256", pa.string()),
    ]
)
INDEX_NAME = "index.parquet"
TARS_NAME = "tars"
_NAMES = ("source", "split", "shard", "file")  # columns in which few names recur
_ROWS = 1 << 16  # rows that are read at once
_ROW_GROUP = 1 << 20  # rows


class Codes(NamedTuple):
    """A column of recurring names, each stored once."""

    codes: npt.NDArray[np.unsignedinteger]
    names: list[str]

    def isin(self, wanted: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Where the column has one of these names."""
        numbers = [self.names.index(name) for name in wanted if name in self.names]
        return np.isin(self.codes, numbers)

    def counts(self) -> dict[str, int]:
        """How often each name occurs, by name."""
        counted = np.bincount(self.codes, minlength=len(self.names)).tolist()
        return dict(sorted(zip(self.names, counted, strict=True)))


class Index:
    """The columns of an index by sample (S of them) and by row (R, one per file).

    Attributes:
        keys: of the samples, a large_string array [S].
        source, split, shard: names by sample [S].
        starts: the first row of each sample, and the number of rows [S + 1].
        file: the extension by row [R].
        offset, length: bytes by row [R].
    """

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        keys: list[pa.Array] = []
        columns: dict[str, list[Any]] = {name: [] for name in ("starts", "offset", "length")}
        names = {name: _Names() for name in _NAMES}
        rows, last = 0, None
        for batch in batches:
            first = _firsts(batch["key"], last)
            last = batch["key"][-1]
            keys.append(batch["key"].filter(first).cast(pa.large_string()))
            columns["starts"].append(np.flatnonzero(first) + rows)
            for name in ("offset", "length"):
                columns[name].append(batch[name].to_numpy())
            for name in _NAMES:
                names[name].add(batch[name] if name == "file" else batch[name].filter(first))
            rows += batch.num_rows
        columns["starts"].append(np.array([rows]))
        self.keys = pa.concat_arrays(keys or [pa.array([], pa.large_string())])
        self.starts, self.offset, self.length = (_joined(part, np.int64) for part in columns.values())
        self.source, self.split, self.shard, self.file = (names[name].codes() for name in _NAMES)
        pa.default_memory_pool().release_unused()

    def files(self, sample: int) -> Iterator[tuple[str, int, int]]:
        """Extension, first byte and number of bytes of each file of a sample."""
        for row in range(self.starts[sample], self.starts[sample + 1]):
            yield self.file.names[self.file.codes[row]], self.offset[row], self.length[row]


class IndexWriter:
    """Write an index in row groups of a fixed size, whatever the size of the parts that come.

    Use it as a context manager; an exception inside leaves nothing behind.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parts: list[pa.Table] = []

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            part = stack.enter_context(replacing(self._path))
            self._writer = stack.enter_context(pq.ParquetWriter(part, INDEX_SCHEMA, compression="zstd"))
            self._stack = stack.pop_all()
        return self

    def write(self, rows: pa.Table) -> None:
        """Append rows."""
        self._parts.append(rows)
        while sum(len(part) for part in self._parts) >= _ROW_GROUP:
            whole = pa.concat_tables(self._parts)
            self._flush(whole.slice(0, _ROW_GROUP))
            self._parts = [whole.slice(_ROW_GROUP)]

    def _flush(self, rows: pa.Table) -> None:
        self._writer.write_table(rows.combine_chunks(), _ROW_GROUP)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._stack.__exit__(kind, error, trace)
            return
        with self._stack:
            self._flush(pa.concat_tables([INDEX_SCHEMA.empty_table(), *self._parts]))


class _Names:
    """Collects the parts of a column and numbers its names as they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._parts: list[npt.NDArray[np.int32]] = []

    def add(self, part: pa.StringArray) -> None:
        encoded = part.dictionary_encode()
        names = encoded.dictionary.to_pylist()
        numbers = [self._numbers.setdefault(name, len(self._numbers)) for name in names]
        self._parts.append(np.array(numbers, np.int32)[encoded.indices.to_numpy()])

    def codes(self) -> Codes:
        smallest = np.min_scalar_type(len(self._numbers))
        return Codes(_joined(self._parts, smallest), list(self._numbers))


def _joined(parts: list[npt.NDArray[Any]], kind: npt.DTypeLike) -> npt.NDArray[Any]:
    """The parts one after the other; each is let go as soon as it is copied."""
    whole = np.empty(sum(len(part) for part in parts), kind)
    end = len(whole)
    while parts:
        part = parts.pop()
        whole[end - len(part) : end] = part
        end -= len(part)
    return whole


def _firsts(keys: pa.StringArray, before: pa.Scalar | None) -> pa.BooleanArray:
    """Where a new sample begins, given the key of the row before these."""
    changes = pc.not_equal(keys.slice(1), keys.slice(0, len(keys) - 1))
    return pa.concat_arrays([pa.array([before is None or keys[0] != before]), changes])


def read_index(root: Path) -> Index:
    """The index of a corpus.

    Raises:
        BadDataError: it is missing, unreadable, or has other columns.
    """
    columns = [name for name in INDEX_SCHEMA.names if name != "sha256"]
    try:
        with open_index(root) as file:
            batches = file.iter_batches(_ROWS, columns=columns, use_threads=False)
            return Index(batch for batch in batches if batch.num_rows)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadDataError(f"{root / INDEX_NAME}: damaged ({error}); run `dvc repro`") from error


def open_index(root: Path) -> pq.ParquetFile:
    """The file itself, for what needs its hashes or its rows as they are.

    Raises:
        BadDataError: it is missing, no parquet, or has other columns.
    """
    path = root / INDEX_NAME
    try:
        file = pq.ParquetFile(path, pre_buffer=False)
    except FileNotFoundError as error:
        raise BadDataError(f"{path}: not found; run `dvc repro` or `dvc pull`") from error
    except pa.ArrowInvalid as error:
        raise BadDataError(f"{path}: no parquet file; run `dvc repro`") from error
    if file.schema_arrow.names != INDEX_SCHEMA.names:
        raise BadDataError(f"{path}: columns {file.schema_arrow.names}, expected {INDEX_SCHEMA.names}")
    return file
