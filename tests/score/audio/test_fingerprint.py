"""Fingerprints of the same recording are near through codecs, gain and cuts; others are far."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import soundfile

from stages.core.audio import decode, to_pcm
from stages.score.audio.fingerprint import STEP, fingerprint
from stages.score.subjects import Samples, Sound
from tests.score.material import LANGUAGES, samples, spoken


def words(wave: Samples) -> np.ndarray:
    return np.array(fingerprint(Sound(wave, "")).fingerprint, np.uint32)


def bit_errors(one: np.ndarray, other: np.ndarray, most: int = 20) -> float:
    """The share of differing bits at the best of the offsets up to `most` steps."""
    best = 1.0
    for offset in range(-most, most + 1):
        left, right = one[max(0, offset) :], other[max(0, -offset) :]
        length = min(len(left), len(right))
        if length > min(len(one), len(other)) // 2:
            best = min(best, np.bitwise_count(left[:length] ^ right[:length]).sum() / (32 * length))
    return best


def through(form: str, subtype: str, level: float) -> Callable[[Samples], Samples]:
    def change(wave: Samples) -> Samples:
        file = io.BytesIO()
        soundfile.write(file, wave, 16_000, format=form, subtype=subtype, compression_level=level)
        return to_pcm(decode(file.getvalue()))

    return change


CHANGES: dict[str, Callable[[Samples], Samples]] = {
    "opus": through("OGG", "OPUS", 0.9),
    "mp3": through("MP3", "MPEG_LAYER_III", 0.8),
    "gain": lambda wave: (wave * 0.3).astype(np.int16),
    "cut": lambda wave: wave[2345:-1111],
    "cut, gain and opus": lambda wave: through("OGG", "OPUS", 0.9)((wave[777:] * 0.5).astype(np.int16)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_recording_is_near(change: str) -> None:
    for language in LANGUAGES[:4]:
        wave = spoken(language)[:80_000]
        assert bit_errors(words(wave), words(CHANGES[change](wave))) < 0.15, language


def test_different_recordings_are_far() -> None:
    prints = [words(spoken(language)) for language in LANGUAGES]
    pairs = [(one, other) for number, one in enumerate(prints) for other in prints[:number]]
    assert min(bit_errors(one, other) for one, other in pairs) > 0.4


def test_there_is_a_word_for_each_step_but_the_first() -> None:
    wave = samples(seconds=2.0)
    assert len(words(wave)) == len(wave) // STEP + 1 - 4


def test_silence_has_no_signs_and_a_click_no_fingerprint() -> None:
    assert not words(np.zeros(16_000, np.int16)).any()
    assert len(words(np.ones(100, np.int16))) == 0
