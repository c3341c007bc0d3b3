"""Filtering a corpus: one reason for each dropped sample, the same answer however the rows are dealt."""

import json
import random
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from stages.core.errors import BadDataError
from stages.core.executor import WORKERS_VARIABLE, map_shards
from stages.filter import run as filtering
from stages.filter.decisions import KEPT
from stages.filter.params import FilterParams
from stages.filter.rows import DROPPED
from stages.filter.run import filter_corpus
from tests.filter.material import picture_row, table, text_row
from tests.filter.runs import decide, write_scored

PARAMS = FilterParams.model_validate(
    {
        "rules": {"empty_text": {}, "text_too_long": {"characters": 99}, "too_small": {"side": 16}},
        "duplicates": {"exact": {}, "near_image": {}},
        "splits": {"by_group": {"test": {"fraction": 0.5, "sources": ["made"]}}, "sharing_groups": ["style"]},
    }
)

ROWS = [
    picture_row("a"),
    picture_row("b", dhash=255, content="content of a"),
    picture_row("c", dhash=1),
    picture_row("d", width=3),
    picture_row("i", characters=12_345),
    picture_row("e", dhash=1 << 40, palette=[0] * 192, source="other", group="a"),
    picture_row("f", words=0, width=3),
    text_row("g", error="bad_image", source="unknown", group=None, content=None),
    picture_row("h", dhash=255 << 41, palette=[200] * 192, source="other", split="style", group="a"),
]


def test_each_sample_is_kept_or_has_one_reason(tmp_path: Path) -> None:
    kept, dropped = decide(tmp_path, [ROWS], PARAMS)
    assert kept == {"a": ("made", "test"), "h": ("other", "style")}
    assert dropped == {
        "b": ("duplicate", "a"),
        "c": ("near_duplicate_image", "a"),
        "d": ("too_small", "3"),
        "e": ("in_held_out", "a"),
        "f": ("empty_text", "0"),
        "g": ("unreadable", "bad_image"),
        "i": ("text_too_long", "12345"),
    }


@pytest.mark.parametrize("workers", ["1", "3"])
def test_workers_tables_and_the_order_of_rows_change_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setattr(filtering, "map_shards", map_shards)
    monkeypatch.setenv(WORKERS_VARIABLE, workers)
    dice = random.Random(int(workers))
    rows = [*ROWS, text_row("n", characters=None), text_row("o", characters=12_345)]
    rows += [picture_row(f"{n:03d}", dhash=dice.randrange(99), content=str(n % 40)) for n in range(60)]
    decide(tmp_path / "whole", [rows], PARAMS)
    shuffled = dice.sample(rows, len(rows))
    decide(tmp_path / "dealt", [shuffled[start::5] for start in range(5)], PARAMS)
    for name in ("decisions/kept.parquet", "decisions/dropped.parquet", "funnel.json"):
        whole, dealt = (tmp_path / side / "filtered" / name for side in ("whole", "dealt"))
        assert whole.read_bytes() == dealt.read_bytes()


def run(folder: Path, *shards: list[dict[str, Any]]) -> dict[str, int]:
    write_scored(folder / "scored", *shards)
    return filter_corpus(folder / "scored", folder / "filtered", folder / "work", PARAMS, seed=3)


def test_decisions_and_funnel_are_written_the_same_each_time(tmp_path: Path) -> None:
    counts = run(tmp_path, ROWS[:5], ROWS[5:], [])
    folder = tmp_path / "filtered"
    assert pq.read_schema(folder / "decisions" / "kept.parquet") == KEPT
    assert pq.read_schema(folder / "decisions" / "dropped.parquet") == DROPPED
    assert json.loads((folder / "funnel.json").read_text()) == counts
    assert counts == {
        "in": 9,
        "kept": 2,
        **{f"dropped/{reason}": 1 for reason in PARAMS.reasons()},
        "split/style": 1,
        "split/test": 1,
        "source/made/in": 6,
        "source/made/kept": 1,
        "source/other/in": 2,
        "source/other/kept": 1,
        "source/unknown/in": 1,
        "source/unknown/kept": 0,
    }
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    run(tmp_path)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_what_a_killed_run_has_left_changes_nothing(tmp_path: Path) -> None:
    run(tmp_path, ROWS)
    before = (tmp_path / "filtered" / "decisions" / "dropped.parquet").read_bytes()
    for left in ("rows/passed/99999.parquet", "rows/dropped/99999.parquet", "database/filter.duckdb"):
        (tmp_path / "work" / left).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "work" / left).write_bytes(b"torn")
    run(tmp_path)
    assert (tmp_path / "filtered" / "decisions" / "dropped.parquet").read_bytes() == before
    assert list((tmp_path / "work").iterdir()) == []


def test_a_corpus_of_which_nothing_passes_is_counted(tmp_path: Path) -> None:
    counts = run(tmp_path, [picture_row("a", words=0)])
    assert (counts["in"], counts["kept"], counts["dropped/empty_text"]) == (1, 0, 1)
    assert pq.read_table(tmp_path / "filtered" / "decisions" / "kept.parquet").num_rows == 0


def test_a_key_that_occurs_twice_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadDataError, match="key 'a' occurs twice"):
        run(tmp_path, [ROWS[0]], [picture_row("a", words=0)])
    assert not (tmp_path / "filtered").exists()


def test_nothing_to_filter_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadDataError, match="dvc repro score"):
        run(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no parquet"])
def test_a_table_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "scored").mkdir()
    (tmp_path / "scored" / "00000.parquet").write_bytes(content)
    with pytest.raises(BadDataError, match=r"00000\.parquet: no parquet file"):
        run(tmp_path)


def test_a_table_with_other_columns_is_named(tmp_path: Path) -> None:
    (tmp_path / "scored").mkdir()
    pq.write_table(table(ROWS[0]).drop_columns("dhash"), tmp_path / "scored" / "00000.parquet")
    with pytest.raises(BadDataError, match="not the columns that score writes"):
        run(tmp_path)
