"""Whatever the web sends as a caption is measured."""

from hypothesis import example, given
from hypothesis import strategies as st

from stages.core.features import TEXT
from stages.score import measures
from stages.score.subjects import Caption

ANY_TEXT = st.text(st.characters(), max_size=300)  # lone surrogates included


@given(ANY_TEXT, st.sampled_from(["en", "ru", "zh-Hant", "und", "x"]))
@example("\ud800", "en")
@example("\0" * 40, "en")
@example("İ" * 600, "tr")
@example("\U0010ffff" * 300, "und")
def test_all_features_are_there_and_within_bounds(text: str, language: str) -> None:
    features = measures.measure_all(measures.TEXT, Caption(text, language))
    assert set(features) == {name for name, _ in TEXT}
    for name in ("letters", "digits", "punctuation", "repetition"):
        assert 0 <= features[name] <= 1
    assert features["upper"] is None or 0 <= features["upper"] <= 1
    assert features["text_language_score"] is None or 0 <= features["text_language_score"] <= 1
    assert 0 <= features["compression"] < 1100
    assert features["words"] <= features["characters"] == len(text)


@given(ANY_TEXT)
def test_a_text_has_the_same_features_each_time(text: str) -> None:
    first, second = (measures.measure_all(measures.TEXT, Caption(text, "en")) for _ in range(2))
    assert first == second
