"""Who is dropped of a chain, and that a search's answer has neither workers nor tables in it."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from stages.filter.duplicates.near import first_wins


def wins(pairs: list[tuple[int, int]], batch: int) -> dict[int, int]:
    dropped = bytearray(32)
    found: dict[int, int] = {}
    for start in range(0, len(pairs), batch):
        later, earlier = zip(*pairs[start : start + batch], strict=True)
        table = pa.table({"later": pa.array(later, pa.int64()), "earlier": pa.array(earlier, pa.int64())})
        found |= {win["later"]: win["earlier"] for win in first_wins(table, dropped)}
    return found


def test_chains_do_not_drag_on() -> None:
    """1 is like 0, 2 is like 1 but not like 0: 2 is kept, because 1 is not."""
    assert wins([(1, 0), (2, 1), (3, 1), (3, 2)], 10) == {1: 0, 3: 2}


def test_references_are_never_dropped() -> None:
    assert wins([(0, -2), (1, -2), (1, 0), (2, 0)], 10) == {0: -2, 1: -2}


@given(st.sets(st.tuples(st.integers(0, 31), st.integers(0, 31)), max_size=60), st.integers(1, 9))
def test_what_is_kept_is_like_nothing_kept_and_what_is_dropped_like_something_kept(
    drawn: set[tuple[int, int]], batch: int
) -> None:
    pairs = sorted({(max(pair), min(pair)) for pair in drawn if pair[0] != pair[1]})
    dropped = wins(pairs, batch)
    kept = set(range(32)) - set(dropped)
    assert not any(later in kept and earlier in kept for later, earlier in pairs)
    assert all((later, earlier) in pairs and earlier in kept for later, earlier in dropped.items())
