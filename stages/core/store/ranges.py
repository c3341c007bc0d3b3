"""Ranges of tars in S3, through a bounded memory of blocks.

A request to S3 costs as much time as a megabyte, so bytes come in blocks, neighbouring blocks in one
request, and whoever reads on from where he stopped gets twice as much ahead each time. Blocks are known by
the tar's hash, so that nothing stale can be among them.
"""

import threading
from collections import OrderedDict
from itertools import groupby
from typing import Self

from stages.core.errors import BadDataError
from stages.core.store.catalogue import Catalogue
from stages.core.store.s3 import S3

BLOCK = 256 << 10  # bytes
_FARTHEST = 32  # blocks ahead
_MOST = 256 << 20  # bytes of blocks that are kept


class RemoteTars:
    """The tars of a catalogue. It may be read by threads, and sent to other processes without its memory.

    Args:
        catalogue: what is where.
        most: bytes of blocks that are kept.
    """

    def __init__(self, catalogue: Catalogue, most: int = _MOST) -> None:
        self._catalogue, self._most = catalogue, most
        self._store = S3(catalogue.store)
        self._blocks: OrderedDict[tuple[str, int], bytes] = OrderedDict()  # the least recently used first
        self._ahead: dict[str, tuple[int, int]] = {}  # by tar: the block that would come next, and how many
        self._lock = threading.Lock()

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Exactly `length` bytes of a tar from `offset`.

        Raises:
            BadDataError: the tar is not in the catalogue or not in the store, or is shorter.
            BadConfigError: keys or rights are missing.
            TryAgainError: the store does not answer.
        """
        stored = self._catalogue.tars.get(name)
        if stored is None or offset + length > stored.bytes:
            raise BadDataError(f"{self._store.url}: {name} is missing or shorter than its index says")
        if not length:
            return b""
        first, last = offset // BLOCK, (offset + length - 1) // BLOCK
        with self._lock:
            found = {n: self._known(stored.sha256, n) for n in range(first, last + 1)}
            missing = [n for n, block in found.items() if block is None]
            more = self._read_ahead(name, missing[0], last) if missing else 0
        end = min(last + more, (stored.bytes - 1) // BLOCK)
        wanted = missing + list(range(last + 1, end + 1)) if missing else []
        for blocks in _runs(wanted):
            found |= self._request(name, blocks)
        content = b"".join(found[n] or b"" for n in range(first, last + 1))
        return content[offset - first * BLOCK :][:length]

    def _known(self, sha256: str, number: int) -> bytes | None:
        block = self._blocks.get((sha256, number))
        if block is not None:
            self._blocks.move_to_end((sha256, number))
        return block

    def _read_ahead(self, name: str, first: int, last: int) -> int:
        """How many blocks to ask for beyond the last: twice as many as before, if this goes on from there."""
        expected, before = self._ahead.get(name, (-1, 0))
        more = min(2 * before + 1, _FARTHEST) if first == expected else 0
        self._ahead[name] = (last + more + 1, more)
        return more

    def _request(self, name: str, blocks: list[int]) -> dict[int, bytes]:
        """Fetch blocks that follow each other, in one request."""
        stored = self._catalogue.tars[name]
        start, end = blocks[0] * BLOCK, min((blocks[-1] + 1) * BLOCK, stored.bytes)
        content = self._store.read(stored.object_name(name), start, end - start)
        got = {n: content[n * BLOCK - start :][:BLOCK] for n in blocks}
        with self._lock:
            for number, block in got.items():
                self._blocks[stored.sha256, number] = block
            while len(self._blocks) * BLOCK > self._most:
                self._blocks.popitem(last=False)
        return got

    def __reduce__(self) -> tuple[type[Self], tuple[Catalogue, int]]:
        return type(self), (self._catalogue, self._most)


def _runs(numbers: list[int]) -> list[list[int]]:
    """Numbers in rising order, cut where one is left out."""
    grouped = groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    return [[number for _, number in group] for _, group in grouped]
