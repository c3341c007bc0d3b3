"""Random access into plain WebDataset tars by an index beside them.

Local tars are memory-mapped, so that an epoch costs one copy per file and a worker process shares the pages
of its siblings; tars in S3 are read by ranges. Nothing is parsed before it is asked for.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stages.core.index import TARS_NAME, Index, read_index
from stages.core.records import Sample
from stages.core.store import open_tars


class Shards(Sequence[Sample]):
    """A corpus of samples, in the order of its index.

    It may be read by several threads and sent to worker processes, which map the tars for themselves.

    Args:
        root: the folder with `index.parquet` and `tars/`.
        table: its index, if it was read already.
        chosen: the numbers of the samples to use; all of them by default.

    Raises:
        BadDataError: the index is missing or has other columns.
    """

    def __init__(self, root: Path, table: Index | None = None, chosen: Sequence[int] | None = None) -> None:
        self.root = root
        self.table = read_index(root) if table is None else table
        self.chosen = range(len(self.table.keys)) if chosen is None else chosen
        self._tars = open_tars(root / TARS_NAME)

    def select(self, *, split: str | None = None, source: str | Sequence[str] | None = None) -> Self:
        """The part of the corpus with this split and from these sources."""
        chosen = np.asarray(self.chosen, np.int64)
        if split is not None:
            chosen = chosen[self.table.split.isin([split])[chosen]]
        if source is not None:
            wanted = [source] if isinstance(source, str) else source
            chosen = chosen[self.table.source.isin(wanted)[chosen]]
        return type(self)(self.root, self.table, array("q", chosen.tobytes()))

    @cached_property
    def keys(self) -> list[str]:
        """The samples' keys, in the order of the index."""
        keys: list[str] = self._keys.to_pylist()
        return keys

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, index: Any) -> Any:
        """The sample at an index.

        Raises:
            IndexError: there is no such sample.
            BadDataError: a tar is missing or shorter than the index says.
        """
        if isinstance(index, slice):
            return [self._sample(number) for number in self.chosen[index]]
        try:
            number = self.chosen[index]
        except IndexError:
            raise IndexError(f"sample {index} of {len(self)}") from None
        return self._sample(number)

    def sample(self, key: str) -> Sample:
        """The sample with this key; a KeyError if there is none.

        Raises:
            BadDataError: a tar is missing or shorter than the index says.
        """
        found: Sample = self[self._position(key)]
        return found

    def __iter__(self) -> Iterator[Sample]:
        return map(self._sample, self.chosen)

    def _sample(self, number: int) -> Sample:
        table, read = self.table, self._tars.read
        shard = table.shard.names[table.shard.codes[number]]
        files = {file: read(shard, offset, length) for file, offset, length in table.files(number)}
        return Sample(table.keys[number].as_py(), files)

    def __getstate__(self) -> dict[str, Any]:
        """What is derived from the index is derived again where it is needed."""
        return {name: vars(self)[name] for name in ("root", "table", "chosen", "_tars")}

    @property
    def _keys(self) -> pa.LargeStringArray:
        whole = isinstance(self.chosen, range)
        return self.table.keys if whole else self.table.keys.take(pa.array(np.asarray(self.chosen)))

    @cached_property
    def _sorted(self) -> tuple[pa.LargeStringArray, pa.UInt64Array]:
        """The keys, and the positions that sort them: 8 bytes a sample, where a dict would take over 100."""
        return self._keys, pc.sort_indices(self._keys)

    def _position(self, key: str) -> int:
        keys, order = self._sorted
        rank = bisect_left(order, key, key=lambda position: keys[position.as_py()].as_py())
        if rank == len(order) or keys[order[rank].as_py()].as_py() != key:
            raise KeyError(key)
        position: int = order[rank].as_py()
        return position
