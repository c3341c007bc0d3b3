"""What an evaluation set shares with training is dropped or counted, by every search, and nothing else is."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.core.errors import BadDataError
from stages.filter.params import FilterParams
from tests.filter.material import picture_row, table, text_row
from tests.filter.runs import decide, drops, write_scored

TEXT = "red box blue sea tall tree old man with three small dogs near the river at dawn under grey skies"
EXAM = [
    picture_row("q1", content="exam one", dhash=0xFFFF, sha256="f1", text=TEXT, words=20, text_hash="t1"),
    picture_row(
        "q2", content="exam two", dhash=0xFFFF << 40, sha256="f2", text="A short one.", text_hash="t2"
    ),
]
TRAINING = [
    picture_row("a", dhash=1 << 33),
    picture_row("b", dhash=1 << 33, split="test", content="exam one"),
    picture_row("c", dhash=3 << 50, content="exam one", source="other"),
    picture_row("d", dhash=5 << 20, sha256="f2"),
    picture_row("e", dhash=0xFFFE),
    picture_row("f", dhash=7 << 20, text=f"{TEXT}!", words=20),
    picture_row(
        "g", dhash=9 << 20, text=f"quite other words before {TEXT[20:]}, and some behind it", words=28
    ),
    picture_row("h", dhash=11 << 20, text_hash="t1", words=20),
]
FOUND = {
    "content": {"c": "exam:q1"},
    "bytes": {"d": "exam:q2"},
    "near_image": {"e": "exam:q1"},
    "near_text": {"f": "exam:q1", "h": "exam:q1"},
    "ngrams": {"f": "exam:q1", "g": "exam:q1"},
    "text": {"h": "exam:q1"},
}


def params(tables: Path, by: dict[str, Any], **more: Any) -> FilterParams:
    return FilterParams.model_validate(
        {"decontaminate": {"sets": {"exam": {"tables": str(tables), "by": by, **more}}}}
    )


@pytest.mark.parametrize("search", FOUND)
def test_each_search_finds_what_it_is_for(tmp_path: Path, search: str) -> None:
    tables = write_scored(tmp_path / "exam", EXAM[:1], EXAM[1:])
    comparison = params(tables, {search: {}}).decontaminate
    assert comparison is not None
    assert drops(tmp_path, comparison, table(*TRAINING)) == FOUND[search]


def test_the_first_search_names_the_key_and_the_funnel_counts_each(tmp_path: Path) -> None:
    tables = write_scored(tmp_path / "exam", EXAM)
    everything = params(tables, {search: {} for search in FOUND})
    kept, dropped = decide(tmp_path, [TRAINING], everything)
    assert set(kept) == {"a", "b"}
    assert {reason for reason, _ in dropped.values()} == {"in_held_out", "decontaminated"}
    assert dropped["c"] == ("in_held_out", "b")
    assert dropped["g"] == ("decontaminated", "exam:q1")


def test_an_overlap_may_be_counted_and_kept(tmp_path: Path) -> None:
    tables = write_scored(tmp_path / "exam", EXAM)
    report = params(tables, {"bytes": {}, "near_text": {}, "ngrams": {}}, action="report")
    kept, _ = decide(tmp_path, [TRAINING[:2], TRAINING[3:]], report)
    assert set(kept) == set("abdefgh")
    funnel = (tmp_path / "filtered" / "funnel.json").read_text()
    for line in ('"overlap/exam": 4', '"overlap/exam/bytes": 1', '"overlap/exam/near_text": 2'):
        assert line in funnel
    assert '"overlap/exam/ngrams": 2' in funnel
    assert '"dropped/decontaminated": 0' in funnel


def test_a_set_may_be_one_table_of_hashes(tmp_path: Path) -> None:
    hashes = pa.table({"key": ["x", "y"], "content": ["exam one", None], "text_hash": ["", ""]})
    pq.write_table(hashes, tmp_path / "hashes.parquet")
    comparison = params(tmp_path / "hashes.parquet", {"content": {}}).decontaminate
    assert comparison is not None
    assert drops(tmp_path, comparison, table(*TRAINING)) == {"c": "exam:x"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "no tables of the evaluation set 'exam'"),
        ("few.parquet", "few.parquet: no column 'palette'"),
    ],
)
def test_a_set_that_cannot_be_read_is_named(tmp_path: Path, name: str, message: str) -> None:
    few = pa.table({"key": ["x"], "dhash": pa.array([1], pa.uint64()), "text_hash": [""]})
    pq.write_table(few, tmp_path / "few.parquet")
    comparison = params(tmp_path / name, {"near_image": {}}).decontaminate
    assert comparison is not None
    with pytest.raises(BadDataError, match=message):
        drops(tmp_path, comparison, table(text_row("a")))
