"""Counts of a text, which a person can check."""

from stages.score.subjects import Caption
from stages.score.text.statistics import Statistics, statistics


def test_a_plain_sentence() -> None:
    expected = Statistics(characters=16, words=4, letters=round(10 / 13, 4), digits=round(1 / 13, 4))
    assert statistics(Caption("Un kiwi, deux 3!", "fr")) == expected


def test_nothing_at_all() -> None:
    assert statistics(Caption("", "en")) == (0, 0, 0.0, 0.0)


def test_letters_and_digits_of_any_script() -> None:
    assert statistics(Caption("жук ٣", "und")) == (5, 2, 0.75, 0.25)
