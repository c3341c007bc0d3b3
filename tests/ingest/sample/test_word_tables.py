import re

import pytest

from stages.ingest.sample.word_tables import words

TRAINING = ("en-allison", "es-allison", "fr-june", "it-carlo", "ru-ivrvoice")
HELD_OUT = ("fr-armelle", "it-paola")


@pytest.mark.parametrize("voice", [*TRAINING, *HELD_OUT])
def test_the_digits_are_complete_and_distinct(voice):
    digits = {word.recording: word.text for word in words(voice) if word.kind == "digit"}
    assert set(digits) == {f"digits/{number}" for number in range(11)}
    assert len(set(digits.values())) == 11


@pytest.mark.parametrize(
    ("voice", "recording", "text", "translation"),
    [
        ("ru-ivrvoice", "digits/4", "четыре", "four"),
        ("fr-june", "digits/day-0", "dimanche", "sunday"),
        ("es-allison", "digits/mon-11", "diciembre", "december"),
        ("it-carlo", "phonetic/b_p", "b come bologna", "b as in bologna"),
        ("fr-june", "phonetic/z_p", "zoulou", "zulu"),
        ("fr-armelle", "letters/q", "q", "q"),
    ],
)
def test_a_recording_has_its_word(voice, recording, text, translation):
    (word,) = [word for word in words(voice) if word.recording == recording]
    assert (word.text, word.translation) == (text, translation)


@pytest.mark.parametrize("voice", [*TRAINING, *HELD_OUT])
def test_no_recording_is_named_twice_and_all_is_lower_case(voice):
    table = words(voice)
    assert len({word.recording for word in table}) == len(table)
    for word in table:
        assert word.text == word.text.lower() == word.text.strip()
        assert re.fullmatch(r"(digits|letters|phonetic)/[a-z0-9_-]+", word.recording)


def test_a_language_has_the_same_words_from_each_of_its_speakers():
    for one, other in (("it-carlo", "it-paola"),):
        assert words(one) == words(other)
