"""What is equal is found across all rows, windows of one recording are not, and the first key is kept."""

from pathlib import Path
from typing import Any

import pytest

from stages.filter.base import Comparison
from stages.filter.duplicates import Duplicates
from stages.filter.duplicates.content import SameContent
from stages.filter.duplicates.file import SameFile
from stages.filter.duplicates.text import SameText
from stages.filter.duplicates.url import SameLink
from tests.filter.material import table, text_row
from tests.filter.runs import drops

LINK = "https://example.org/cat.jpg"


def test_equal_content_keeps_the_first_key(tmp_path: Path) -> None:
    keys = {"b": "x", "a": "x", "c": "x", "d": "y"}
    rows = table(*(text_row(key, content=content) for key, content in keys.items()))
    assert drops(tmp_path, SameContent(), rows) == {"b": "a", "c": "a"}


def test_equal_content_with_other_words_is_a_matter_of_parameters(tmp_path: Path) -> None:
    rows = table(
        text_row("a", content="x"),
        text_row("b", content="x"),
        text_row("c", content="x", text_hash="text of a"),
    )
    assert drops(tmp_path, SameContent(same_text=True), rows) == {"c": "a"}


@pytest.mark.parametrize(
    ("comparison", "missing"),
    [
        (SameContent(), {"content": None}),
        (SameFile(), {"sha256": None}),
        (SameLink(), {"origin": "words/cat.flac"}),
        (SameText(words=1), {"words": 0, "text_hash": "x"}),
    ],
)
def test_what_is_missing_equals_nothing(
    tmp_path: Path, comparison: Comparison, missing: dict[str, Any]
) -> None:
    own = [{"sha256": key, "origin": f"https://example.org/{key}"} | missing for key in "ab"]
    rows = table(*(text_row(key, **facts) for key, facts in zip("ab", own, strict=True)))
    assert drops(tmp_path, comparison, rows) == {}


@pytest.mark.parametrize(
    ("comparison", "same"), [(SameFile(), {"sha256": "x"}), (SameLink(), {"origin": LINK})]
)
def test_windows_of_a_recording_are_duplicates_of_the_same_windows_only(
    tmp_path: Path, comparison: Comparison, same: dict[str, Any]
) -> None:
    lines = ("talks-00000001", "talks-00000007")
    rows = table(*(text_row(f"{line}-{window:04d}", **same) for line in lines for window in range(3)))
    expected = {f"{lines[1]}-{window:04d}": f"{lines[0]}-{window:04d}" for window in range(3)}
    assert drops(tmp_path, comparison, rows) == expected


def test_links_are_compared_in_one_spelling(tmp_path: Path) -> None:
    rows = table(
        text_row("a", origin=LINK),
        text_row("b", origin="HTTPS://Example.org:443/cat.jpg?utm_source=x#top"),
        text_row("c", origin="https://example.org/cat.jpg?size=2"),
    )
    assert drops(tmp_path, SameLink(), rows) == {"b": "a"}


def test_equal_texts_are_long_enough_and_of_one_source_unless_asked(tmp_path: Path) -> None:
    rows = table(
        text_row("a", text_hash="x", words=8),
        text_row("b", text_hash="x", words=8),
        text_row("c", text_hash="x", words=8, source="other"),
        text_row("d", text_hash="y", words=7),
        text_row("e", text_hash="y", words=7),
    )
    assert drops(tmp_path / "one", SameText(words=8), rows) == {"b": "a"}
    assert drops(tmp_path / "all", SameText(words=8, across_sources=True), rows) == {"b": "a", "c": "a"}


def test_only_what_is_listed_is_asked_in_a_fixed_order() -> None:
    listed = Duplicates.model_validate({"near_text": {}, "bytes": {}, "url": {}})
    assert list(listed.asked()) == ["duplicate_url", "duplicate_bytes", "near_duplicate_text"]
    assert Duplicates().asked() == {}
