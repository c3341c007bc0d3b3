"""The order of samples: a permutation per epoch, by a pure function."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.order import Order, permute

sizes = st.integers(1, 300)
seeds = st.integers(0, 2**63 - 1)


@given(sizes, seeds)
def test_each_epoch_visits_each_sample_once(size: int, seed: int) -> None:
    order = Order(size, seed)
    for epoch in range(2):
        assert sorted(order[epoch * size + index] for index in range(size)) == list(range(size))


@given(st.integers(1, 2**40), seeds, st.data())
def test_large_domains_are_permuted_without_being_stored(size: int, seed: int, data: st.DataObject) -> None:
    one, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    images = permute(one, size, seed), permute(other, size, seed)
    assert all(0 <= image < size for image in images)
    assert (images[0] == images[1]) == (one == other)


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    order = Order(100, 1)
    first, second = ([order[epoch * 100 + index] for index in range(100)] for epoch in range(2))
    assert first != second != list(range(100))
    assert first != [Order(100, 2)[index] for index in range(100)]


def test_the_order_is_the_same_on_every_machine() -> None:
    assert [Order(10, 20260)[position] for position in range(20)] == GOLDEN


GOLDEN = [2, 6, 9, 3, 7, 1, 0, 4, 8, 5, 5, 8, 0, 2, 1, 7, 4, 9, 3, 6]


@pytest.mark.parametrize("position", [-1, -100])
def test_negative_positions_are_refused(position: int) -> None:
    with pytest.raises(IndexError):
        Order(10, 0)[position]


def test_bounds_are_checked() -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        Order(0, 0)
    for index in (-1, 5):
        with pytest.raises(IndexError):
            permute(index, 5, 0)
