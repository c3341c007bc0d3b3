"""Rows become items: columns are mapped, rows filtered, and each unusable line has its reason."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.errors import BadDataError
from stages.core.records import Segment
from stages.ingest.fetch import Base
from stages.ingest.items import Item
from stages.ingest.params import Source
from stages.ingest.sources.fields import normal_group
from stages.ingest.sources.parts import Located, Part
from stages.ingest.sources.rows import read_items
from tests.ingest.material import write_jsonl


def items(path: Path, rows: list[dict[str, Any]], **options: Any) -> list[Item]:
    source = Source(**{"name": "s", "manifest": "m.jsonl", "licence": "CC0-1.0", **options})
    return items_of(source, write_jsonl(path / "m.jsonl", rows))


def items_of(source: Source, *paths: Path) -> list[Item]:
    """The items of manifests that lie in the base itself."""
    located = Located(source, tuple(Part(path) for path in paths), Base(paths[0].parent))
    return list(read_items(located, 20))


def test_fields_have_their_own_names_by_default(tmp_path: Path) -> None:
    row = {
        "file": "a",
        "text": " A  cat ",
        "tags": ["x", ""],
        "language": "en",
        "translation": "T",
        "speaker": "s",
    }
    (item,) = items(tmp_path, [row | {"group": "G", "licence": "MIT", "unknown": 1}])
    assert item == Item(
        key="s-00000000", source="s", link="a", text="A  cat", tags=("x",), language="en", translation="T",
        speaker="s", group="g", licence="MIT",
    )  # fmt: skip


def test_columns_are_mapped_and_links_may_be_urls(tmp_path: Path) -> None:
    columns = {"text": "title", "url": "link", "tags": "keywords", "group": "title"}
    row = {"title": "A Cat", "link": "http://a/b", "keywords": "one; two, three", "text": "not this"}
    (item,) = items(tmp_path, [row], columns=columns, language="fr", split="held")
    assert (item.link, item.text, item.tags) == ("http://a/b", "A Cat", ("one", "two, three"))
    assert (item.group, item.language, item.split, item.licence) == ("a cat", "fr", "held", "CC0-1.0")


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({"columns": {"text": "caption"}}, "caption"),
        ({"columns": {"tags": "keywords"}}, "keywords"),
        ({"where": {"kind": "digit"}}, "kind"),
    ],
)
def test_a_missing_column_is_one_error_with_those_that_exist(
    tmp_path: Path, options: dict[str, Any], missing: str
) -> None:
    with pytest.raises(BadDataError) as caught:
        items(tmp_path, [{"file": "a", "text": "b"}], **options)
    for part in ("m.jsonl", "'s'", f"'{missing}'", "file, text"):
        assert part in str(caught.value)


@pytest.mark.parametrize(("row", "missing"), [({"file": "a"}, "text"), ({"text": "a"}, "file")])
def test_text_and_link_are_needed(tmp_path: Path, row: dict[str, str], missing: str) -> None:
    with pytest.raises(BadDataError, match=f"'{missing}'"):
        items(tmp_path, [row])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"text": ""}, "empty_text"),
        ({"text": "   "}, "empty_text"),
        ({"text": None}, "empty_text"),
        ({"text": "x" * 21}, "long_text"),
        ({"text": ["a"]}, "bad_text"),
        ({"text": "a\ud800"}, "not_utf8"),
        ({"text": "a\0"}, "not_utf8"),
        ({"file": ""}, "no_link"),
        ({"tags": {"a": 1}}, "bad_tags"),
        ({"segments": "nonsense"}, "bad_segments"),
        ({"segments": [{"start": 2, "end": 1, "text": "x"}]}, "bad_segments"),
        (
            {"segments": [{"start": 2, "end": 3, "text": "x"}, {"start": 0, "end": 1, "text": "y"}]},
            "bad_segments",
        ),
        ({"segments": [{"start": -2, "end": 3, "text": "x"}]}, "bad_segments"),
    ],
)
def test_an_unusable_line_has_its_reason(tmp_path: Path, row: dict[str, Any], reason: str) -> None:
    good = {"file": "a", "text": "b"}
    found = items(tmp_path, [good | row, good])
    assert [item.problem for item in found] == [reason, None]
    assert [item.key for item in found] == ["s-00000000", "s-00000001"]


def test_a_pair_without_a_licence_is_not_used(tmp_path: Path) -> None:
    (item,) = items(tmp_path, [{"file": "a", "text": "b"}], licence=None)
    assert item.problem == "no_licence"


def test_bad_bytes_spoil_their_line_only(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(b"file,text\na,caf\xe9\nb,fine\n")
    source = Source(name="s", manifest="m.csv", licence="MIT")
    assert [item.problem for item in items_of(source, path)] == ["not_utf8", None]


def test_only_wanted_rows_come_and_keep_their_numbers(tmp_path: Path) -> None:
    rows = [{"file": "a", "text": "b", "kind": kind, "n": n} for n, kind in enumerate(["x", "y", "z", "x"])]
    assert [item.key for item in items(tmp_path, rows, where={"kind": "x"})] == ["s-00000000", "s-00000003"]
    found = items(tmp_path, rows, where={"kind": ["x", "y"], "n": [1, 3]})
    assert [item.key for item in found] == ["s-00000001", "s-00000003"]


def test_segments_may_be_json_text(tmp_path: Path) -> None:
    text = '[{"start": 0, "end": 1.5, "text": "hi"}]'
    (item,) = items(tmp_path, [{"file": "a", "text": "hi", "segments": text}])
    assert item.segments == (Segment(start=0, end=1.5, text="hi"),)


def test_numbers_go_on_from_one_manifest_to_the_next_whatever_is_in_them(tmp_path: Path) -> None:
    source = Source(name="s", manifest="x", licence="MIT", where={"kind": "x"})
    row = {"file": "a", "text": "b", "kind": "x"}
    first = write_jsonl(tmp_path / "1.jsonl", [row, {**row, "kind": "y"}])
    second = write_jsonl(tmp_path / "2.jsonl", [row, row])  # the same line twice is two items
    keys = [item.key for item in items_of(source, first, second, first)]
    assert keys == [f"s-0000000{number}" for number in (0, 2, 3, 4)]


def test_a_long_recording_is_bounded_by_the_segment(tmp_path: Path) -> None:
    segments = [{"start": n, "end": n + 1, "text": "x" * 15} for n in range(3)]
    row = {"file": "a", "text": "", "segments": segments}
    (item,) = items(tmp_path, [row])
    assert item.text == " ".join(["x" * 15] * 3)
    (item,) = items(tmp_path, [row | {"segments": [{"start": 0, "end": 1, "text": "x" * 21}]}])
    assert item.problem == "long_text"


def test_a_row_may_say_its_split_and_the_source_has_the_last_word(tmp_path: Path) -> None:
    row = {"file": "a", "text": "b"}
    rows = [row | {"split": split} for split in ("test", "", "No name!", None)]
    found = items(tmp_path, rows)
    assert [(item.split, item.problem) for item in found] == [
        ("test", None), (None, None), (None, "bad_split"), (None, None)
    ]  # fmt: skip
    assert {item.split for item in items(tmp_path, rows[:2], split="held")} == {"held"}


@given(st.text())
def test_a_group_is_stable_under_case_and_spacing(text: str) -> None:
    group = normal_group(text)
    assert normal_group(f"  {group}\t ") == group
    assert normal_group(" ".join(text.split())) == group


def test_a_list_of_links_alone_is_no_list_of_pairs(tmp_path: Path) -> None:
    path = tmp_path / "m.txt"
    path.write_text("https://a/b.jpg\n")
    with pytest.raises(BadDataError, match=r"m\.txt: .*'text'.*there are only: url"):
        items_of(Source(name="s", manifest="m.txt", licence="MIT"), path)
