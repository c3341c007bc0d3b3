"""Capitals among the letters that have a case."""

import pytest

from stages.score.subjects import Caption
from stages.score.text.casing import casing


@pytest.mark.parametrize(
    ("text", "upper"),
    [("ABC", 1.0), ("abc 12", 0.0), ("ABcd", 0.5), ("你好", None), ("한국어", None), ("", None)],
)
def test_case_is_a_share_of_cased_letters(text: str, upper: float | None) -> None:
    assert casing(Caption(text, "und")).upper == upper
