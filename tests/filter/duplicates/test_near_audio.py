"""Recordings are found again by their fingerprints, shifted and with wrong bits, as theory predicts."""

from pathlib import Path

import numpy as np
import pytest

from stages.filter.duplicates.near_audio import NearAudio, offset
from tests.filter.material import sound_row, table
from tests.filter.runs import drops


def words(dice: np.random.Generator, count: int) -> np.ndarray:
    return dice.integers(1, 1 << 32, count, np.uint32)


def with_errors(dice: np.random.Generator, clean: np.ndarray, rate: float) -> np.ndarray:
    """The words with each bit wrong at that rate."""
    wrong = dice.random((len(clean), 32)) < rate
    return clean ^ np.packbits(wrong, axis=1).view(">u4")[:, 0].astype(np.uint32)


def test_copies_are_found_with_the_recall_that_theory_predicts(tmp_path: Path) -> None:
    """At 8 % wrong bits 7 % of the words are whole; the bound is four standard deviations."""
    dice = np.random.default_rng(2)
    rows = []
    for number in range(200):
        clean = words(dice, 300)
        for name, each in {"a": clean, "b": with_errors(dice, clean, 0.08)}.items():
            rows.append(sound_row(f"{number:03d}-{name}", fingerprint=each.tolist()))
    found = drops(tmp_path, NearAudio(), table(*rows))
    whole = (1 - 0.08) ** 32
    chance = 1 - (1 - whole / (2 - whole)) ** 64
    assert all(kept == key.replace("b", "a") for key, kept in found.items())
    assert 0.8 < chance < 0.97
    assert abs(len(found) - 200 * chance) < 4 * np.sqrt(200 * chance * (1 - chance))


CLEAN = words(np.random.default_rng(3), 200)
DICE = np.random.default_rng(4)


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (CLEAN[20:], True),  # a cut at the start
        (np.concatenate([words(DICE, 30), CLEAN]), True),
        (np.concatenate([np.zeros(60, np.uint32), CLEAN]), True),
        (with_errors(DICE, CLEAN, 0.03), True),
        (CLEAN[:60], True),
        (np.concatenate([CLEAN[:60], words(DICE, 140)]), False),  # the same jingle before another text
        (words(DICE, 200), False),
        (CLEAN[:20], False),  # too short to be compared
        (np.zeros(200, np.uint32), False),
    ],
)
def test_what_makes_a_near_recording(tmp_path: Path, other: np.ndarray, found: bool) -> None:
    rows = table(sound_row("a", fingerprint=CLEAN.tolist()), sound_row("b", fingerprint=other.tolist()))
    assert drops(tmp_path, NearAudio(), rows) == ({"b": "a"} if found else {})


def test_silence_is_like_nothing(tmp_path: Path) -> None:
    silent = {"a": [0] * 99, "b": [0] * 99, "c": [], "d": None}
    rows = (sound_row(key, fingerprint=words) for key, words in silent.items())
    assert drops(tmp_path, NearAudio(), table(*rows)) == {}


@pytest.mark.parametrize("shift", [-40, -1, 0, 1, 40])
def test_the_offset_is_where_most_words_are_equal(shift: int) -> None:
    ours, theirs = (CLEAN[50:150], CLEAN[50 + shift : 150 + shift])
    assert offset(ours, theirs) == shift
    assert offset(ours, words(DICE, 50)) is None
