"""Who is dropped of a chain, and that what is derived of a row has nothing of its neighbours in it."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.features import FEATURES
from stages.filter.base import Comparison
from stages.filter.decontaminate.ngrams import SharedRun
from stages.filter.duplicates.near import first_wins
from stages.filter.duplicates.near_audio import NearAudio
from stages.filter.duplicates.near_embedding import NearEmbedding
from stages.filter.duplicates.near_image import NearImage
from stages.filter.duplicates.near_text import NearText
from stages.filter.duplicates.url import SameLink
from tests.filter.material import picture_row, sound_row, table, text_row

ROWS = [
    text_row("a", text="", words=0),
    text_row("b", text="One text of five words.", origin="https://example.org:443/b"),
    picture_row("c", palette=list(range(192)), text="日本語", embedding=[0.6, -0.8]),
    picture_row("d", embedding=[1.0, 0.0], text=None, words=None, origin=None),
    sound_row("e", fingerprint=[0, *range(1, 40)], text="Words " * 30, words=30),
    sound_row("f", fingerprint=[]),
]
DERIVING = [NearText(words=1), NearImage(), NearAudio(), NearEmbedding(), SameLink(), SharedRun(words=3)]


@pytest.mark.parametrize("comparison", DERIVING, ids=lambda comparison: type(comparison).__name__)
def test_what_is_derived_of_a_row_depends_on_it_alone(comparison: Comparison) -> None:
    rows = table(*ROWS)
    together = comparison.derive(rows)
    assert {len(column) for column in together.values()} == {len(ROWS)}
    for number in range(len(ROWS)):
        alone = comparison.derive(rows.slice(number, 1))
        assert {name: column[number] for name, column in together.items()} == {
            name: column[0] for name, column in alone.items()
        }
    empty = comparison.derive(FEATURES.empty_table())
    assert [(name, column.type) for name, column in empty.items()] == [
        (name, column.type) for name, column in together.items()
    ]


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
