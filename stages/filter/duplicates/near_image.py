"""Almost the same picture: difference hashes few bits apart, and alike in colour.

With b bits of difference allowed, the hash is cut into b + n blocks, of which at least n are equal in each
such pair. Every choice of n blocks is a mask, and hashes that are equal under a mask share a bucket: no pair
is missed but in a crowded bucket. n is such that a mask has 24 bits or more, if three blocks have so many:
then a bucket of a hundred million pictures holds few by chance.
"""

from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from stages.filter.duplicates.near import Near

_BITS = 64  # of a difference hash
_MASK_BITS = 24
_MOST_BLOCKS = 3  # of a mask: there are 165 masks for 8 bits of difference


class NearImage(Near):
    """Section `near_image`.

    Attributes:
        bits: the most of the 64 bits in which the hashes of two duplicates differ.
        colour: the most in which any number of their palettes differs, of 255. It tells apart what the hash
            does not: hearts of two colours, faces of two moods, two signs in the same frame.
        same_text: whether a pair is a duplicate only if its text is the same, too.
        across_sources: whether pictures of different sources are compared.
    """

    columns: ClassVar[frozenset[str]] = frozenset({"dhash", "text_hash"})
    inputs: ClassVar[frozenset[str]] = frozenset({"palette"})
    checked: ClassVar[tuple[str, ...]] = ("dhash",)
    measured: ClassVar[tuple[str, ...]] = ("colours_seen",)

    bits: int = Field(default=4, ge=0, le=8)
    colour: int = Field(default=20, ge=0)
    same_text: bool = False
    across_sources: bool = False

    def derive(self, rows: pa.Table) -> dict[str, pa.Array]:
        """The column `colours_seen`: the palette as bytes."""
        palettes = rows["palette"].combine_chunks()
        values = palettes.flatten()
        lengths = np.asarray(pc.fill_null(pc.list_value_length(palettes), 0), np.int32)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        column = pa.Array.from_buffers(
            pa.binary(),
            len(palettes),
            [None, pa.py_buffer(offsets), pa.py_buffer(np.asarray(values, np.uint8))],
        )
        return {"colours_seen": column}

    def searched(self) -> tuple[str, ...]:
        """The hash."""
        return ("dhash",)

    def descriptors(self) -> tuple[str, ...]:
        """The same hash and the same palette."""
        return ("dhash", "md5(colours_seen)")

    def scope(self) -> tuple[str, ...]:
        """The text and the source, if they matter."""
        return (*(["text_hash"] if self.same_text else []), *([] if self.across_sources else ["source"]))

    def buckets(self) -> Iterator[str]:
        """The hash under each mask."""
        return (f"dhash & {mask}::UBIGINT" for mask in masks(self.bits))

    def check(self) -> str:
        """The hashes are near."""
        return f"bit_count(xor(later.dhash, earlier.dhash)) <= {self.bits}"

    def near(self, later: pa.Table, earlier: pa.Table) -> npt.NDArray[np.bool_]:
        """The palettes are near, too."""
        ours, theirs = _matrix(later["colours_seen"]), _matrix(earlier["colours_seen"])
        within: npt.NDArray[np.bool_] = (np.abs(ours - theirs) <= self.colour).all(axis=1)
        return within


def masks(bits: int) -> list[int]:
    """Masks of which one at least covers only equal bits of two hashes that differ in so many."""
    chosen = next(
        (count for count in range(1, _MOST_BLOCKS) if count * _BITS >= _MASK_BITS * (bits + count)),
        _MOST_BLOCKS,
    )
    edges = [_BITS * edge // (bits + chosen) for edge in range(bits + chosen + 1)]
    blocks = [(1 << stop) - (1 << start) for start, stop in pairwise(edges)]
    return [sum(choice) for choice in combinations(blocks, chosen)]


def _matrix(palettes: pa.ChunkedArray) -> npt.NDArray[np.int16]:
    """Palettes as rows [pictures, numbers]."""
    content = b"".join(palettes.to_pylist())
    return np.frombuffer(content, np.uint8).reshape(len(palettes), -1).astype(np.int16)
