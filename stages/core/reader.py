"""Random access into plain WebDataset tars by an index beside them.

`index.parquet` has one row per file: key, source, split, shard, file, offset, length, sha256; the files of a
sample stand together. Local tars are memory-mapped, so that an epoch costs no copies and a worker process
shares the pages of its siblings.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stages.core.errors import BadDataError
from stages.core.records import Sample
from stages.core.tars import MappedFiles

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


class Shards(Sequence[Sample]):
    """A corpus of samples on the disk, in the order of its index.

    It may be read by several threads and sent to worker processes, which map the tars for themselves.

    Args:
        root: the folder with `index.parquet` and `tars/`.
        table: rows of the index to use; all of them by default.

    Raises:
        BadDataError: the index is missing or has other columns.
    """

    def __init__(self, root: Path, table: pd.DataFrame | None = None) -> None:
        self.root = root
        self.table = read_index(root) if table is None else table
        self._files = MappedFiles()

    def select(self, *, split: str | None = None, source: str | Sequence[str] | None = None) -> Self:
        """The part of the corpus with this split and from these sources."""
        table = self.table
        if split is not None:
            table = table[table["split"] == split]
        if source is not None:
            table = table[table["source"].isin([source] if isinstance(source, str) else list(source))]
        return type(self)(self.root, table)

    @cached_property
    def keys(self) -> list[str]:
        """The samples' keys, in the order of the index."""
        keys: list[str] = self._rows.keys.take(pa.array(self._rows.starts[:-1])).to_pylist()
        return keys

    def __len__(self) -> int:
        return len(self._rows.starts) - 1

    def __getitem__(self, index: Any) -> Any:
        """The sample at an index.

        Raises:
            IndexError: there is no such sample.
            BadDataError: a tar is missing or shorter than the index says.
        """
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(f"sample {index} of {len(self)}")
        first, last = (int(row) for row in self._rows.starts[position : position + 2])
        files = {self._rows.file(row): self._read(row) for row in range(first, last)}
        return Sample(self._rows.keys[first].as_py(), files)

    def sample(self, key: str) -> Sample:
        """The sample with this key; a KeyError if there is none.

        Raises:
            BadDataError: a tar is missing or shorter than the index says.
        """
        found: Sample = self[self._positions[key]]
        return found

    def __iter__(self) -> Iterator[Sample]:
        return (self[position] for position in range(len(self)))

    def damaged(self) -> Iterator[tuple[str, str, str]]:
        """Re-read every file and give (shard, key, file) of each whose hash is not the index's."""
        columns = (self.table[name] for name in ("shard", "key", "file", "sha256"))
        for row, (shard, key, file, sha256) in enumerate(zip(*columns, strict=True)):
            try:
                content = self._read(row)
            except BadDataError:
                yield shard, key, file
                continue
            if hashlib.sha256(content).hexdigest() != sha256:
                yield shard, key, file

    def _read(self, row: int) -> bytes:
        return self._files.read(*self._rows.place(row))

    def __getstate__(self) -> dict[str, Any]:
        """What is derived from the table is derived again where it is needed."""
        return {"root": self.root, "table": self.table, "_files": self._files}

    @cached_property
    def _rows(self) -> "_Rows":
        return _Rows(self.table, self.root / TARS_NAME)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {key: position for position, key in enumerate(self.keys)}


class _Rows:
    """The index's columns as arrays: a row costs a few bytes, and to find it takes no search."""

    def __init__(self, table: pd.DataFrame, tars: Path) -> None:
        self.keys = pa.array(table["key"], pa.string())  # [rows]
        self.starts = _starts(self.keys)  # first row of each sample, and the number of rows: [samples + 1]
        self._shard, shards = pd.factorize(table["shard"])
        self._file, files = pd.factorize(table["file"])
        self._paths: list[Path] = [tars / str(name) for name in shards]
        self._files: list[str] = [str(name) for name in files]
        self._offset = table["offset"].to_numpy()
        self._length = table["length"].to_numpy()

    def file(self, row: int) -> str:
        """The extension of a row's file."""
        return self._files[int(self._file[row])]

    def place(self, row: int) -> tuple[Path, int, int]:
        """The tar, the first byte and the number of bytes of a row's file."""
        return self._paths[int(self._shard[row])], int(self._offset[row]), int(self._length[row])


def _starts(keys: pa.Array) -> npt.NDArray[np.int64]:
    if not len(keys):
        return np.zeros(1, np.int64)
    changes = pc.not_equal(keys.slice(1), keys.slice(0, len(keys) - 1)).to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.flatnonzero(changes) + 1, [len(keys)]]).astype(np.int64)


def read_index(root: Path) -> pd.DataFrame:
    """The index of a corpus.

    Raises:
        BadDataError: it is missing, unreadable, or has other columns.
    """
    path = root / INDEX_NAME
    try:
        table = pq.read_table(path)
    except FileNotFoundError as error:
        raise BadDataError(f"{path}: not found; run `dvc repro` or `dvc pull`") from error
    except pa.ArrowInvalid as error:
        raise BadDataError(f"{path}: no parquet file; run `dvc repro`") from error
    if table.schema.names != INDEX_SCHEMA.names:
        raise BadDataError(f"{path}: columns {table.schema.names}, expected {INDEX_SCHEMA.names}")
    frame: pd.DataFrame = table.to_pandas()
    return frame
