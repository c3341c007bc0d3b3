"""Seeds by name."""

from hypothesis import given
from hypothesis import strategies as st

from stages.core.seeds import fold, fraction, generator

names = st.lists(
    st.one_of(st.integers(), st.text(st.characters(blacklist_characters="\x1f", codec="utf-8"))), max_size=4
)


@given(st.integers(0, 2**63), names)
def test_seeds_are_pure_and_in_range(seed: int, path: list[int | str]) -> None:
    assert fold(seed, *path) == fold(seed, *path)
    assert 0 <= fold(seed, *path) < 2**63
    assert 0 <= fraction(seed, *path) < 1


def test_names_are_not_run_together() -> None:
    assert fold(1, "ab", "c") != fold(1, "a", "bc")
    assert fold(1, "a") != fold(1, "a", "")
    assert fold(1, 11) != fold(11, 1)


def test_the_same_on_every_machine() -> None:
    assert fold(20260, "clip", "batch", 4711) == GOLDEN_SEED
    assert generator(20260, "clip").integers(0, 1000, 5).tolist() == GOLDEN_DRAWS


GOLDEN_SEED = 7364173182013743891
GOLDEN_DRAWS = [207, 148, 425, 265, 386]


def test_fractions_are_spread_evenly() -> None:
    share = sum(fraction(7, "x", index) < 0.1 for index in range(10_000)) / 10_000
    assert 0.09 < share < 0.11
