"""Scripts of texts and of languages."""

import pytest

from stages.score.text.script import dominant_script, fits


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Une pomme", "LATIN"),
        ("Жаба.", "CYRILLIC"),
        ("Φράουλα", "GREEK"),
        ("苹果", "CJK"),
        ("りんごです", "HIRAGANA"),
        ("사과", "HANGUL"),
        ("تفاحة", "ARABIC"),
        ("Буква W.", "CYRILLIC"),
        ("12 %", None),
        ("", None),
    ],
)
def test_most_letters_decide(text: str, script: str | None) -> None:
    assert dominant_script(text) == script


def test_a_tie_does_not_depend_on_the_order() -> None:
    assert dominant_script("aж") == dominant_script("жa") == "CYRILLIC"


@pytest.mark.parametrize(
    ("script", "language", "answer"),
    [
        ("LATIN", "fr", True),
        ("LATIN", "fr-CA", True),
        ("LATIN", "ru", False),
        ("LATIN", "sr", True),
        ("CYRILLIC", "sr", True),
        ("KATAKANA", "ja", True),
        ("CJK", "zh-Hans", True),
        ("LATIN", "und", None),
        (None, "fr", None),
    ],
)
def test_languages_know_their_scripts(script: str | None, language: str, answer: bool | None) -> None:
    assert fits(script, language) is answer
