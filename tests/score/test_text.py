"""Features of texts, on texts whose answer a person can see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.features import TEXT
from stages.score.text import compression_ratio, repetition, text_features


def test_a_plain_sentence() -> None:
    assert text_features("Un kiwi, deux 3!", "fr") == {
        "characters": 16,
        "words": 4,
        "letters": pytest.approx(10 / 13, abs=1e-4),
        "digits": pytest.approx(1 / 13, abs=1e-4),
        "punctuation": pytest.approx(2 / 13, abs=1e-4),
        "upper": 0.1,
        "pauses": 2,
        "script": "LATIN",
        "script_fits": True,
        "compression": compression_ratio("Un kiwi, deux 3!"),
        "repetition": 0.0,
        "text_hash": text_features("un  KIWI deux 3", "fr")["text_hash"],
    }


def test_nothing_at_all() -> None:
    features = text_features("", "en")
    assert (features["characters"], features["words"], features["letters"]) == (0, 0, 0.0)
    assert (features["upper"], features["script"], features["script_fits"]) == (None, None, None)


@pytest.mark.parametrize(("text", "upper"), [("ABC", 1.0), ("abc 12", 0.0), ("你好", None), ("한국어", None)])
def test_case_is_a_share_of_cased_letters(text: str, upper: float | None) -> None:
    assert text_features(text, "und")["upper"] == upper


@pytest.mark.parametrize("text", ["a, b", "他来了，对吗", "مرحبا، نعم", "やあ、君", "¿Qué"])
def test_pauses_are_found_in_any_script(text: str) -> None:
    assert text_features(text, "und")["pauses"] >= 1


def test_a_loop_compresses_and_repeats() -> None:
    loop = "thanks for watching " * 12
    speech = "We the people of the United States, in order to form a more perfect union, establish justice."
    assert compression_ratio(loop) > 2.4 > compression_ratio(speech)
    assert repetition(loop.split()) > 0.5 > repetition(speech.split())


def test_texts_without_letters_are_told_apart() -> None:
    hashes = {text_features(text, "und")["text_hash"] for text in ("?", "!", "", "?!")}
    assert len(hashes) == 4


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    st.sampled_from(["en", "ru", "zh-Hant", "und", "x"]),
)
def test_any_text_has_all_features_within_bounds(text: str, language: str) -> None:
    features = text_features(text, language)
    assert set(features) <= {name for name, _ in TEXT}
    for name in ("letters", "digits", "punctuation", "repetition"):
        assert 0 <= features[name] <= 1
    assert features["upper"] is None or 0 <= features["upper"] <= 1
    assert features == text_features(text, language)
