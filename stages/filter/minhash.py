"""MinHash: short signatures of sets, of which two agree in a place with the sets' Jaccard similarity.

A signature in b bands of r values proposes a pair of similarity s with probability 1 - (1 - s^r)^b.

Source: A. Broder, "On the resemblance and containment of documents", 1997. The maps x -> (ax + b) mod 2^64,
of which the upper 32 bits count, are strongly universal for 32-bit x: M. Dietzfelbinger, "Universal hashing
and k-wise independent random variables via integer arithmetic without primes", 1996.
"""

from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from stages.core.seeds import generator

_CHUNK = 1 << 15  # values mapped at once: they stay in the processor's cache

Values = npt.NDArray[np.uint64]


def mixed(values: Values) -> Values:
    """Scatter 64-bit values, so that each bit of the result depends on all of the value's (splitmix64)."""
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def signatures(values: Values, starts: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.uint32]:
    """The MinHashes of many sets, by as many maps each.

    Args:
        values: the elements of all sets, one set after the other, below 2^32; repeated ones do not matter.
        starts: where each set starts in `values`; none is empty.
        count: of maps.

    Returns:
        [sets, count].
    """
    smallest = np.empty((count, len(starts)), np.uint64)
    cuts = _cuts(starts, len(values))
    for first, last in pairwise(cuts):
        begin = starts[first]
        end = starts[last] if last < len(starts) else len(values)
        part, offsets = values[begin:end], starts[first:last] - begin
        scratch = np.empty_like(part)
        for number, (factor, term) in enumerate(zip(*_maps(count), strict=True)):
            np.multiply(part, factor, out=scratch)
            np.add(scratch, term, out=scratch)
            np.minimum.reduceat(scratch, offsets, out=smallest[number, first:last])
    return (smallest.T >> np.uint64(32)).astype(np.uint32)


def bands(signature: npt.NDArray[np.uint32], rows: int) -> Values:
    """One number for each band of `rows` neighbouring values of each signature: [sets, bands]."""
    hashed = np.zeros((len(signature), signature.shape[1] // rows), np.uint64)
    for row in range(rows):
        hashed = mixed(hashed + signature[:, row::rows] + np.uint64(0x9E3779B97F4A7C15))
    return hashed


def _cuts(starts: npt.NDArray[np.int64], length: int) -> list[int]:
    """Numbers of sets at which to begin a chunk of about _CHUNK values."""
    marks = np.searchsorted(starts, np.arange(0, length, _CHUNK))
    return [*np.unique(marks[marks < len(starts)]).tolist(), len(starts)] if length else [0]


@cache
def _maps(count: int) -> tuple[Values, Values]:
    """The factors and terms of the maps, the same in every run and for every seed."""
    draw = generator(0, "minhash")
    largest = np.iinfo(np.uint64).max
    return draw.integers(1, largest, count, np.uint64), draw.integers(0, largest, count, np.uint64)
