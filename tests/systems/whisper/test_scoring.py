"""Error rates, normalisation and the answers that need no hearing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.systems.whisper.baselines import Baselines
from stages.systems.whisper.normaliser import normalise
from stages.systems.whisper.scoring import error_rates


@pytest.mark.parametrize(
    ("text", "levelled"),
    [
        ("¡Una  Mariquita!", "una mariquita"),
        ("Qu'est-ce ?", "qu est ce"),
        ("Зелёная жаба.", "зелёная жаба"),
        ("cafe\u0301", "café"),
        ("...", ""),
    ],
)
def test_case_punctuation_and_spacing_are_levelled(text, levelled):
    assert normalise(text) == levelled


@given(st.text())
def test_normalising_twice_changes_nothing_more(text):
    once = normalise(text)
    assert normalise(once) == once


def test_rates_are_of_the_whole_set():
    rates = error_rates(["one two three", "four"], ["One, two!", "five four"])
    assert rates.wer == pytest.approx(2 / 4)
    assert rates.exact == 0
    assert error_rates(["a b"], ["A, b."]).exact == 1


def test_references_without_words_do_not_count():
    assert error_rates(["one", "..."], ["one", "noise"]).wer == 0
    with pytest.raises(ValueError, match="no reference"):
        error_rates(["!"], ["one"])


def test_the_constant_is_the_best_single_answer():
    pairs = [("en", "one two"), ("en", "one two"), ("en", "one three"), ("fr", "un")]
    baselines = Baselines(pairs)
    assert baselines.constant("en") == "one two"
    assert baselines.constant("fr") == "un"
    assert baselines.constant("ru") == ""


def test_the_random_answer_has_the_length_and_the_words_of_training():
    baselines = Baselines([("en", "one two"), ("en", "three")])
    drawn = baselines.random("en", "a b c d", seed=0, number=1)
    assert len(drawn.split()) == 4
    assert set(drawn.split()) <= {"one", "two", "three"}
    assert drawn == baselines.random("en", "a b c d", seed=0, number=1)
