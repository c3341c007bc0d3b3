"""Almost the same recording: another codec, another loudness, a cut at the start.

Fingerprints have a word of 32 signs for each step of time. A copy keeps few words whole, so MinHashes of the
set of words propose: if a share p of the words is the same, two sets are of Jaccard similarity
J = p / (2 - p), and 64 MinHashes propose the pair with probability 1 - (1 - J)^64: 0.97 at p = 0.1, 0.9995 at
0.2. Words that both have then say how the recordings lie to each other, and the share of bits that differ
there decides.

Source: Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System", ISMIR 2002, section 4.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from stages.filter.duplicates.columns import spread
from stages.filter.duplicates.near import Near
from stages.filter.minhash import bands, signatures

_HASHES = 64
_WORD_BITS = 32

Words = npt.NDArray[np.uint32]


class NearAudio(Near):
    """Section `near_audio`.

    Attributes:
        bits: the largest share of differing bits; of strangers half of them differ.
        overlap: the smallest share of the shorter recording that lies within the longer one.
        words: the fewest words of a fingerprint that is compared: 31 make a second.
        across_sources: whether recordings of different sources are compared.
    """

    columns: ClassVar[frozenset[str]] = frozenset({"fingerprint"})
    measured: ClassVar[tuple[str, ...]] = ("fingerprint",)

    bits: float = Field(default=0.15, gt=0, lt=0.5)
    overlap: float = Field(default=0.8, gt=0, le=1)
    words: int = Field(default=31, ge=8)
    across_sources: bool = False

    def searched(self) -> tuple[str, ...]:
        """The columns of the MinHashes."""
        return tuple(f"audio_hash_{self.words}_{number:02d}" for number in range(_HASHES))

    def derive(self, rows: pa.Table) -> dict[str, pa.Array]:
        """A column for each MinHash of long enough fingerprints; words without a sign are silence."""
        prints = rows["fingerprint"].to_pylist()
        sets = [np.array([word for word in each or () if word], np.uint64) for each in prints]
        compared = np.array([row for row, words in enumerate(sets) if len(words) >= self.words], np.int64)
        sizes = [len(sets[row]) for row in compared]
        values = np.concatenate([np.empty(0, np.uint64), *(sets[row] for row in compared)])
        starts = np.cumsum([0, *sizes])[: len(compared)].astype(np.int64)
        hashed = bands(signatures(values, starts, _HASHES), 1)
        columns = zip(self.searched(), hashed.T, strict=True)
        return {name: spread(column, compared, len(rows)) for name, column in columns}

    def descriptors(self) -> tuple[str, ...]:
        """The same words."""
        compared = f"len(list_filter(fingerprint, lambda word: word > 0)) >= {self.words}"
        return (f"CASE WHEN {compared} THEN md5(fingerprint::VARCHAR) END",)

    def scope(self) -> tuple[str, ...]:
        """The source, if it matters."""
        return () if self.across_sources else ("source",)

    def buckets(self) -> Iterator[str]:
        """The MinHashes."""
        return iter(self.searched())

    def near(self, later: pa.Table, earlier: pa.Table) -> npt.NDArray[np.bool_]:
        """Few bits differ where the recordings lie over each other."""
        prints = zip(later["fingerprint"].to_pylist(), earlier["fingerprint"].to_pylist(), strict=True)
        pairs = ((np.array(ours, np.uint32), np.array(theirs, np.uint32)) for ours, theirs in prints)
        return np.array([self._alike(ours, theirs) for ours, theirs in pairs], bool)

    def _alike(self, ours: Words, theirs: Words) -> bool:
        shift = offset(ours, theirs)
        if shift is None:
            return False
        shorter = min(len(ours), len(theirs))
        ours, theirs = ours[max(0, shift) :], theirs[max(0, -shift) :]
        length = min(len(ours), len(theirs))
        ours, theirs = ours[:length], theirs[:length]
        heard = np.count_nonzero(ours | theirs)
        differing = int(np.bitwise_count(ours ^ theirs).sum())
        return length >= self.overlap * shorter and bool(differing <= self.bits * _WORD_BITS * heard)


def offset(ours: Words, theirs: Words) -> int | None:
    """How many words into the first the second begins, as most equal words have it; None if none is equal.

    Words without a sign, which are silence, do not count.
    """
    places = np.flatnonzero(ours)
    order = np.argsort(theirs, kind="stable")
    ordered = theirs[order]
    first = np.searchsorted(ordered, ours[places], "left")
    last = np.searchsorted(ordered, ours[places], "right")
    if not (last > first).any():
        return None
    shifts = np.concatenate(
        [place - order[start:stop] for place, start, stop in zip(places, first, last, strict=True)]
    )
    values, counts = np.unique(shifts, return_counts=True)
    return int(values[np.argmax(counts)])
