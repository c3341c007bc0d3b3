"""The special tokens are the published ones; the learned text vocabulary loses nothing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.errors import BadDataError
from stages.systems.whisper.special import LANGUAGES, SpecialTokens
from stages.systems.whisper.tokenizer import Tokenizer
from tests.systems.whisper import golden

SPECIAL = golden.facts()["special"]
TEXTS = [" one two three", " un deux trois", " один два три"] * 4
TOKENIZER = Tokenizer.train(TEXTS, ["ru", "en", "fr"], 300, 4.0)


@pytest.mark.parametrize(
    ("name", "first", "languages"),
    [
        ("multilingual=True,num_languages=99", 50257, LANGUAGES[:99]),
        ("multilingual=True,num_languages=100", 50257, LANGUAGES),
        ("multilingual=False,num_languages=99", 50256, LANGUAGES[:99]),
    ],
)
def test_ids_are_the_published_ones(name, first, languages):
    special, expected = SpecialTokens(first, languages), SPECIAL[name]
    found = {
        "n_vocab": special.size,
        "eot": special.end_of_text,
        "sot": special.start_of_transcript,
        "translate": special.translate,
        "transcribe": special.transcribe,
        "sot_lm": special.start_of_lm,
        "sot_prev": special.start_of_previous,
        "no_speech": special.no_speech,
        "no_timestamps": special.no_timestamps,
        "timestamp_begin": special.timestamp_begin,
        "last_timestamp": special.timestamp(30.0),
    }
    assert found == {key: expected[key] for key in found}
    assert {code: special.language(code) for code in languages} == expected["language_tokens"]


@given(st.text())
def test_any_text_survives(text):
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


def test_frequent_words_are_single_tokens():
    assert len(TOKENIZER.encode(" two")) == 1


def test_the_same_texts_give_the_same_vocabulary():
    again = Tokenizer.train(TEXTS, ["fr", "ru", "en"], 300, 4.0)
    assert json.dumps(again.to_json()) == json.dumps(TOKENIZER.to_json())


def test_it_survives_its_json():
    restored = Tokenizer.from_json(json.loads(json.dumps(TOKENIZER.to_json())))
    assert restored.special == TOKENIZER.special
    assert restored.encode(" три one") == TOKENIZER.encode(" три one")


@given(st.floats(min_value=0, max_value=4))
def test_times_are_rounded_to_the_grid(seconds):
    special = TOKENIZER.special
    assert abs(special.seconds(special.timestamp(seconds)) - seconds) <= 0.01 + 1e-9


def test_ids_that_mean_something_else_are_no_times_and_no_languages():
    special = TOKENIZER.special
    assert special.seconds(special.no_timestamps) is None
    assert special.language_of(special.start_of_transcript) is None
    assert special.language_of(special.translate) is None
    assert [special.language_of(special.language(code)) for code in ("en", "ru", "fr")] == ["en", "ru", "fr"]


def test_unknown_languages_are_refused_by_name():
    with pytest.raises(BadDataError, match="'de'"):
        TOKENIZER.special.language("de")
    with pytest.raises(BadDataError, match="'tlh'"):
        Tokenizer.train(TEXTS, ["tlh"], 300, 4.0)
