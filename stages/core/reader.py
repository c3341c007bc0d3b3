"""Random access into plain WebDataset tars by an index beside them.

`index.parquet` has one row per file: key, source, split, shard, file, offset, length, sha256. Local tars are
memory-mapped, so that an epoch costs no copies and a worker process shares the pages of its siblings.
"""

import hashlib
import mmap
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from stages.core.errors import BadDataError
from stages.core.records import Sample

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

    Args:
        root: the folder with `index.parquet` and `tars/`.
        table: rows of the index to use; all of them by default.

    Raises:
        BadDataError: the index is missing or has other columns.
    """

    def __init__(self, root: Path, table: pd.DataFrame | None = None) -> None:
        self.root = root
        self.table = read_index(root) if table is None else table
        self._maps: dict[str, mmap.mmap] = {}

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
        return list(self._rows)

    @cached_property
    def _rows(self) -> dict[str, list[tuple[str, str, int, int]]]:
        rows: dict[str, list[tuple[str, str, int, int]]] = {}
        columns = (self.table[name] for name in ("key", "file", "shard", "offset", "length"))
        for key, file, shard, offset, length in zip(*columns, strict=True):
            rows.setdefault(key, []).append((file, shard, int(offset), int(length)))
        return rows

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, index: Any) -> Any:
        """The sample at an index.

        Raises:
            IndexError: there is no such sample.
            BadDataError: a tar is missing or shorter than the index says.
        """
        if isinstance(index, slice):
            return [self.sample(key) for key in self.keys[index]]
        return self.sample(self.keys[index])

    def sample(self, key: str) -> Sample:
        """The sample with this key; a KeyError if there is none.

        Raises:
            BadDataError: a tar is missing or shorter than the index says.
        """
        rows = self._rows[key]
        return Sample(key, {file: self._read(shard, offset, length) for file, shard, offset, length in rows})

    def __iter__(self) -> Iterator[Sample]:
        return (self.sample(key) for key in self.keys)

    def _read(self, shard: str, offset: int, length: int) -> bytes:
        content = self._map(shard)[offset : offset + length]
        if len(content) != length:
            path = self.root / TARS_NAME / shard
            raise BadDataError(f"{path}: shorter than its index says; run `dvc repro`")
        return content

    def _map(self, shard: str) -> mmap.mmap:
        if shard not in self._maps:
            path = self.root / TARS_NAME / shard
            try:
                with path.open("rb") as file:
                    self._maps[shard] = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except (FileNotFoundError, ValueError) as error:  # ValueError: an empty file cannot be mapped
                raise BadDataError(f"{path}: missing or empty; run `dvc repro` or `dvc pull`") from error
        return self._maps[shard]

    def __getstate__(self) -> dict[str, Any]:
        """Worker processes map the tars for themselves."""
        return {"root": self.root, "table": self.table, "_maps": {}}

    def damaged(self) -> Iterator[tuple[str, str, str]]:
        """Re-read every file and give (shard, key, file) of each whose hash is not the index's."""
        columns = (self.table[name] for name in ("key", "file", "shard", "offset", "length", "sha256"))
        for key, file, shard, offset, length, sha256 in zip(*columns, strict=True):
            try:
                content = self._read(shard, int(offset), int(length))
            except BadDataError:
                content = b""
            if hashlib.sha256(content).hexdigest() != sha256:
                yield shard, key, file


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
