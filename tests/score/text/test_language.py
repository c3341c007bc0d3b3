"""Languages of texts, and the honesty not to know."""

import json
from pathlib import Path

import pytest

from stages.score.subjects import Caption
from stages.score.text.language import language

CAPTIONS = Path("data/sample/speech/captions/manifest.jsonl")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("A jar of strawberry jam on the kitchen table.", "en"),
        ("Un pot de confiture de fraises sur la table.", "fr"),
        ("Ein Glas Erdbeermarmelade auf dem Küchentisch.", "de"),
        ("Un tarro de mermelada de fresa sobre la mesa.", "es"),
        ("Это самый большой дом, который мы видели в городе.", "ru"),
        ("Ένα βάζο μαρμελάδα φράουλα στο τραπέζι.", "el"),
        ("厨房的桌子上有一罐草莓酱。", "zh"),
        ("台所のテーブルの上にいちごジャムの瓶がある。", "ja"),
    ],
)
def test_a_sentence_tells_its_language(text: str, code: str) -> None:
    assert language(Caption(text, "und")).text_language == code


@pytest.mark.parametrize("text", ["", "?", "12 %", "a", "🐸", "P"])
def test_too_little_to_tell(text: str) -> None:
    assert language(Caption(text, "und")).text_language is None


def test_what_is_declared_does_not_matter() -> None:
    text = "Une pomme de terre est sur la table."
    assert language(Caption(text, "fr")) == language(Caption(text, "ru"))


def test_control_characters_do_not_hide_the_text() -> None:
    text = "a jar of jam on the kitchen table"
    assert language(Caption("\0\x01" + text, "en")) == language(Caption(text, "en"))


def test_on_the_samples_captions_a_named_language_is_nearly_always_right() -> None:
    lines = [json.loads(line) for line in CAPTIONS.read_text().splitlines()]
    named = [(language(Caption(line["text"], "und")).text_language, line["language"]) for line in lines]
    told = [(found, declared) for found, declared in named if found is not None]
    assert len(told) > 0.55 * len(named)
    assert sum(found == declared for found, declared in told) >= 0.97 * len(told)
