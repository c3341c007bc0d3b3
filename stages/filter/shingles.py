"""Texts as sets of shingles: all stretches of five characters of the normalised text, hashed to 64 bits."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from stages.core.texts import normalised
from stages.filter.minhash import Values, mixed

_SHINGLE = 5  # characters
_BASE = np.uint64(0x9E3779B97F4A7C15)
_PAIR_BITS = np.uint64(24)  # of the number of a pair; the other 40 bits tell its shingles apart


def hashed_shingles(texts: Sequence[str]) -> tuple[Values, npt.NDArray[np.int64]]:
    """The shingles of many texts.

    Returns:
        The hashes of all texts' shingles, one text after the other and with repetitions; and where each text
        starts. A text shorter than a shingle is one.
    """
    padded = [normalised(text).ljust(_SHINGLE, "\0") for text in texts]
    characters = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), np.uint32).astype(
        np.uint64
    )
    lengths = np.array([len(text) for text in padded], np.int64)
    hashed = np.zeros(max(0, len(characters) - _SHINGLE + 1), np.uint64)
    for offset in range(_SHINGLE):
        hashed *= _BASE
        hashed += characters[offset : offset + len(hashed)]
    hashed = mixed(hashed[_inside(lengths)])
    return hashed, np.cumsum(lengths - _SHINGLE + 1) - (lengths - _SHINGLE + 1)


def jaccard(ours: Sequence[str], theirs: Sequence[str]) -> npt.NDArray[np.float64]:
    """The Jaccard similarity of each text's set of shingles with that of its partner, from 0 to 1.

    Args:
        ours: at most 2^24 texts.
        theirs: as many.
    """
    one, other = _sets(ours), _sets(theirs)
    both = np.intersect1d(one, other, assume_unique=True)
    count = len(ours)
    shared = _sizes(both, count)
    return shared / (_sizes(one, count) + _sizes(other, count) - shared)


def _sets(texts: Sequence[str]) -> Values:
    """Distinct numbers of a text and one of its shingles together."""
    hashed, starts = hashed_shingles(texts)
    lengths = np.diff(np.append(starts, len(hashed)))
    owners = np.repeat(np.arange(len(texts), dtype=np.uint64), lengths)
    return np.unique(owners << np.uint64(40) | hashed >> _PAIR_BITS)


def _sizes(members: Values, count: int) -> npt.NDArray[np.int64]:
    return np.bincount((members >> np.uint64(40)).astype(np.int64), minlength=count)


def _inside(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Of all starts of shingles in the texts as one, which lie in one text with their ends."""
    inside = np.ones(int(lengths.sum()), bool)
    stops = np.cumsum(lengths)
    for offset in range(1, _SHINGLE):
        inside[stops - offset] = False
    return inside[: max(0, len(inside) - _SHINGLE + 1)]
