"""The facts of a pair."""

from typing import Any

import pytest
from pydantic import ValidationError

from stages.core.records import Record, Sample, Segment

FACTS: dict[str, Any] = {
    "key": "digits-0001",
    "source": "digits",
    "licence": "CC-BY-SA-3.0",
    "origin": "it/1.wav",
    "sha256": "0" * 64,
    "text": "uno",
    "group": "uno",
}


def test_a_record_survives_a_sample() -> None:
    record = Record(**FACTS, segments=(Segment(start=0.0, end=0.5, text="uno"),), tags=("a", "b"))
    assert Sample("digits-0001", {"json": record.model_dump_json().encode()}).record == record


@pytest.mark.parametrize(
    "change",
    [
        {"key": "../etc/passwd"},
        {"key": "A"},
        {"key": ""},
        {"key": "a" * 129},
        {"source": "a-b"},
        {"split": "Train"},
        {"unknown": 1},
        {"text": None},
    ],
)
def test_what_may_not_be_in_a_record(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Record(**{**FACTS, **change})


def test_segments_have_no_negative_times() -> None:
    with pytest.raises(ValidationError):
        Segment(start=-0.1, end=0, text="")
