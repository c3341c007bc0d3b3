"""Composed utterances: exact joins, seeded draws, and held-out strings that training never sees."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.audio import SAMPLE_RATE, Waveform
from stages.core.reserved import is_reserved
from stages.ingest.compose import draw_utterances, join, trim
from stages.ingest.items import Item, item_key
from stages.ingest.params import Compose

waves = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=50).map(lambda x: np.array(x, np.float32))


@given(st.lists(waves, min_size=1, max_size=6), st.data())
def test_joins_are_exact_to_the_sample(words: list[Waveform], data: st.DataObject) -> None:
    gaps = data.draw(st.lists(st.integers(0, 400), min_size=len(words) + 1, max_size=len(words) + 1))
    wave, segments = join([(str(number), word) for number, word in enumerate(words)], gaps)
    assert len(wave) == sum(gaps) + sum(map(len, words))
    silent = np.ones(len(wave), bool)
    for number, (segment, word) in enumerate(zip(segments, words, strict=True)):
        start, stop = round(segment.start * SAMPLE_RATE), round(segment.end * SAMPLE_RATE)
        assert (segment.start, segment.end) == (start / SAMPLE_RATE, stop / SAMPLE_RATE)
        assert np.array_equal(wave[start:stop], word)
        assert segment.text == str(number)
        assert silent[start:stop].all()
        silent[start:stop] = False
    assert not wave[silent].any()
    assert [segment.start for segment in segments] == sorted(segment.start for segment in segments)


@given(st.integers(0, 3000), st.integers(1, 3000), st.integers(0, 3000))
def test_trimming_takes_silence_and_leaves_a_margin(before: int, loud: int, after: int) -> None:
    wave = np.concatenate([np.zeros(before), np.full(loud, 0.5), np.full(after, 0.0001)]).astype(np.float32)
    trimmed = trim(wave, -40.0)
    assert len(trimmed) == min(before, 320) + loud + min(after, 320)
    assert np.count_nonzero(trimmed == 0.5) == loud


def test_silence_alone_is_left_as_it_is() -> None:
    assert len(trim(np.zeros(100, np.float32), -40.0)) == 100


def words(speakers: int = 2, count: int = 8) -> list[tuple[Item, int]]:
    """Items of single words with their lengths in samples."""
    found = []
    for speaker in range(speakers):
        for number in range(count):
            item = Item(
                key=item_key("w", speaker * count + number), source="w", link=f"{speaker}/{number}.flac",
                text=f"w{number}", language=f"l{speaker}", translation=f"t{number}", speaker=f"s{speaker}",
                licence=f"L{number % 2}",
            )  # fmt: skip
            found.append((item, 4000 + 100 * number))
    return found


RECIPE = Compose(utterances=300, reserved=40, words=(1, 4), gap=(0.01, 0.1), seconds=1.5)


def test_as_many_utterances_of_each_split_as_asked_for() -> None:
    found = list(draw_utterances(RECIPE, words(), 1, "d", None))
    assert Counter(item.split for item in found) == {"train": 300, "strings": 40}
    assert [item.key for item in found] == [item_key("d", number) for number in range(340)]


def test_a_string_is_held_out_whoever_says_it_and_single_words_never_are() -> None:
    for item in draw_utterances(RECIPE, words(), 1, "d", None):
        assert (item.split == "strings") == is_reserved(item.language, item.text)
        assert item.split == "train" or " " in item.text


def test_utterances_differ_fit_and_say_who_speaks_what() -> None:
    lengths = {item.link: length for item, length in words()}
    seen = set()
    for item in draw_utterances(RECIPE, words(), 1, "d", None):
        assert item.utterance is not None
        links = [word.link for word in item.utterance.words]
        assert len(item.utterance.gaps) == len(links) + 1
        assert all(0.01 * SAMPLE_RATE - 1 <= gap <= 0.1 * SAMPLE_RATE for gap in item.utterance.gaps)
        assert sum(lengths[link] for link in links) + sum(item.utterance.gaps) <= 1.5 * SAMPLE_RATE
        assert {f"s{link[0]}" for link in links} == {item.speaker}
        assert item.text == item.group == " ".join(word.text for word in item.utterance.words)
        assert item.translation == item.text.replace("w", "t")
        assert item.origin == " ".join(links)
        seen.add(item.origin)
    assert len(seen) == 340


def test_draws_follow_from_seed_and_source_alone() -> None:
    first = list(draw_utterances(RECIPE, words(), 1, "d", None))
    assert first == list(draw_utterances(RECIPE, words(), 1, "d", None))
    assert first != list(draw_utterances(RECIPE, words(), 2, "d", None))
    assert [item.text for item in first] != [
        item.text for item in draw_utterances(RECIPE, words(), 1, "e", None)
    ]


def test_a_fixed_split_reserves_nothing() -> None:
    found = list(draw_utterances(RECIPE, words(), 1, "d", "speakers"))
    assert Counter(item.split for item in found) == {"speakers": 300}
    assert any(is_reserved(item.language, item.text) for item in found)


def test_a_recipe_that_asks_for_too_much_yields_what_there_is() -> None:
    recipe = Compose(utterances=100, words=(1, 1))
    found = list(draw_utterances(recipe, words(), 1, "d", None))
    assert sorted(item.origin for item in found) == sorted(item.link for item, _ in words())
    assert list(draw_utterances(recipe, [], 1, "d", None)) == []


def test_an_untranslated_word_leaves_the_utterance_untranslated() -> None:
    bare = [(item.model_copy(update={"translation": None}), length) for item, length in words()]
    assert all(item.translation is None for item in draw_utterances(RECIPE, bare, 1, "d", None))


def test_licences_of_the_parts_are_joined() -> None:
    licences = {item.licence for item in draw_utterances(RECIPE, words(), 1, "d", None)}
    assert licences == {"L0", "L1", "L0 AND L1"}


@pytest.mark.parametrize("bad", [{"words": (0, 2)}, {"words": (3, 2)}, {"gap": (0.2, 0.1)}, {"seconds": 31}])
def test_an_impossible_recipe_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Compose.model_validate({"utterances": 1, **bad})
