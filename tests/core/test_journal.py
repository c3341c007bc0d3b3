"""Lines that grow, and are cut where the run goes on."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.journal import Journal, read_rows


def write(path: Path, steps: int) -> bytes:
    path.unlink(missing_ok=True)
    journal = Journal(path, 0)
    for step in range(1, steps + 1):
        journal.append(step, {"loss": 1 / step})
    journal.close()
    return path.read_bytes()


def test_rows_are_read_as_written(tmp_path: Path) -> None:
    write(tmp_path / "j", 3)
    assert read_rows(tmp_path / "j") == [{"step": step, "loss": 1 / step} for step in (1, 2, 3)]
    assert read_rows(tmp_path / "none") == []


@given(kept=st.integers(0, 9), torn=st.integers(0, 400))
def test_however_it_was_torn_the_journal_ends_as_if_it_was_not(
    kept: int, torn: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("journal") / "metrics.jsonl"
    whole = write(path, 9)
    lines = [len(line) for line in whole.splitlines(keepends=True)]
    safe = sum(lines[:kept])  # a checkpoint promises these bytes
    path.write_bytes(whole[: max(safe, torn)])
    journal = Journal(path, kept)
    assert [row["step"] for row in journal.rows] == list(range(1, kept + 1))
    for step in range(kept + 1, 10):
        journal.append(step, {"loss": 1 / step})
    journal.close()
    assert path.read_bytes() == whole


@pytest.mark.parametrize("line", ["{", "[]", "1", '{"loss": 1}', '{"step": 1}', '{"step": "a"}'])
def test_lines_after_a_broken_one_are_not_believed(line: str, tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_text(json.dumps({"step": 1}) + f"\n{line}\n" + json.dumps({"step": 3}) + "\n")
    assert read_rows(path) == [{"step": 1}]


def test_numbers_that_json_lacks_are_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", 0)
    with pytest.raises(ValueError, match="JSON"):
        journal.append(1, {"loss": float("nan")})
    journal.close()
