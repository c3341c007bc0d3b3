"""Signatures agree as often as sets overlap, and do not depend on the neighbours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.filter.minhash import bands, mixed, signatures


def starts_of(sizes: list[int]) -> np.ndarray:
    return np.cumsum([0, *sizes[:-1]]).astype(np.int64)


def draw(dice: np.random.Generator, size: int) -> np.ndarray:
    return dice.integers(0, 1 << 32, size, np.uint64)


@pytest.mark.parametrize("shared", [0.2, 0.5, 0.8])
def test_signatures_agree_with_the_jaccard_similarity(shared: float) -> None:
    """Over 200 pairs of 100 values the share of agreements is within four standard deviations."""
    dice = np.random.default_rng(3)
    agreements = []
    for _ in range(200):
        both = draw(dice, round(90 * shared))
        ours, theirs = draw(dice, 90 - len(both)), draw(dice, 90 - len(both))
        values = np.concatenate([both, ours, theirs, both])
        found = signatures(values, starts_of([90, 90]), 100)
        agreements.append((found[0] == found[1]).mean())
    similarity = len(both) / (180 - len(both))
    assert abs(np.mean(agreements) - similarity) < 4 * np.sqrt(similarity * (1 - similarity) / 20_000)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 50_000), min_size=1, max_size=6), st.integers(0, 9))
def test_a_signature_depends_on_its_own_set_alone(sizes: list[int], seed: int) -> None:
    values = draw(np.random.default_rng(seed), sum(sizes))
    together = signatures(values, starts_of(sizes), 3)
    alone = [
        signatures(part, np.zeros(1, np.int64), 3)[0] for part in np.split(values, np.cumsum(sizes)[:-1])
    ]
    assert np.array_equal(together, np.array(alone))
    expected = together.copy()
    assert np.array_equal(
        signatures(np.repeat(values, 2), starts_of([2 * size for size in sizes]), 3), expected
    )


def test_no_sets_have_no_signatures() -> None:
    assert signatures(np.empty(0, np.uint64), np.empty(0, np.int64), 100).shape == (0, 100)
    assert bands(np.empty((0, 100), np.uint32), 5).shape == (0, 20)


def test_bands_are_equal_where_all_their_values_are() -> None:
    one = np.arange(20, dtype=np.uint32).reshape(1, 20)
    other = one.copy()
    other[0, 7] += 1
    assert (bands(one, 5) == bands(other, 5)).tolist() == [[True, False, True, True]]


def test_values_are_scattered_as_the_reference_does() -> None:
    """The first outputs of splitmix64 (S. Vigna's splitmix64.c) for the state 0."""
    states = np.array([1, 2, 3], np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    expected = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert mixed(states).tolist() == expected
