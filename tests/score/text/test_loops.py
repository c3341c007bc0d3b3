"""Loops, as machines that listen write them over silence, against speech of a person."""

from stages.score.subjects import Caption
from stages.score.text.compression import compression
from stages.score.text.repetition import repetition

LOOP = Caption("thanks for watching " * 12, "en")
SPEECH = Caption(
    "We the people of the United States, in order to form a more perfect union, establish justice.", "en"
)


def test_a_loop_compresses_beyond_whispers_threshold() -> None:
    assert compression(LOOP).compression > 2.4 > compression(SPEECH).compression


def test_a_loop_repeats_its_trigrams() -> None:
    assert repetition(LOOP).repetition > 0.5 > repetition(SPEECH).repetition


def test_three_words_repeat_nothing() -> None:
    assert repetition(Caption("no no no", "en")).repetition == 0.0


def test_no_text_has_no_ratio() -> None:
    assert compression(Caption("", "en")).compression == 0.0
