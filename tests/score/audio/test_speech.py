"""Speech against silence, noise, tones and something like music."""

import numpy as np
import pytest

from stages.score.audio.speech import segments, speech
from stages.score.subjects import Sound
from tests.score.material import LANGUAGES, spoken

RATE = 16_000
NOBODY = 5 * RATE


def made(name: str) -> np.ndarray:
    """Five seconds in which nobody speaks, int16."""
    noise = np.random.Generator(np.random.PCG64(1))
    time = np.arange(NOBODY) / RATE
    beat = np.exp(-8 * (2 * time % 1))
    pink = np.fft.irfft(np.fft.rfft(noise.normal(size=NOBODY)) / np.sqrt(1 + np.arange(NOBODY // 2 + 1)))
    scale = np.array([262, 294, 330, 349, 392, 440, 494, 523])[(3 * time).astype(int) % 8]
    waves = {
        "silence": np.zeros(NOBODY),
        "white noise": noise.normal(0, 0.1, NOBODY),
        "faint noise": noise.normal(0, 0.003, NOBODY),
        "pink noise": pink * 0.1 / pink.std(),
        "tone": 0.3 * np.sin(2 * np.pi * 440 * time),
        "chords": beat * sum(0.1 * np.sin(2 * np.pi * pitch * time) for pitch in (262, 330, 392)),
        "melody": 0.3 * beat * np.sin(2 * np.pi * np.cumsum(scale) / RATE),
        "drums": beat * noise.normal(0, 0.3, NOBODY),
    }
    return np.clip(np.rint(waves[name] * 32_767), -32_768, 32_767).astype(np.int16)


KINDS = ["silence", "white noise", "faint noise", "pink noise", "tone", "chords", "melody", "drums"]


@pytest.mark.parametrize("kind", KINDS)
def test_where_nobody_speaks_there_is_no_speech(kind: str) -> None:
    assert speech(Sound(made(kind), "")).speech <= 0.02


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_of_the_sample_are_speech(language: str) -> None:
    wave = spoken(language)
    assert speech(Sound(wave, "")).speech >= 0.6


@pytest.mark.parametrize("kind", ["silence", "faint noise", "tone"])
def test_the_share_of_a_clip_with_speech_in_its_middle(kind: str) -> None:
    said, around = spoken("fr"), made(kind)
    alone = speech(Sound(said, "")).speech * len(said)
    clip = np.concatenate([around, said, around])
    assert speech(Sound(clip, "")).speech == pytest.approx(alone / len(clip), abs=0.05)


def test_loudness_hardly_matters() -> None:
    wave = spoken("es")
    assert speech(Sound(wave // 8, "")).speech == pytest.approx(speech(Sound(wave, "")).speech, abs=0.15)


@pytest.mark.parametrize(
    ("probabilities", "frames"),
    [
        ([0.6] * 10, 10),
        ([0.6] * 5 + [0.4] * 5, 10),  # between the thresholds goes on what was
        ([0.4] * 5 + [0.6] * 8, 8),
        ([0.1] * 9, 0),
        ([0.9] * 7, 0),  # shorter than a quarter of a second
        ([0.9] * 6 + [0.1] * 3 + [0.9] * 6, 15),  # a pause shorter than an eighth of a second
        ([0.9] * 8 + [0.1] * 4 + [0.9] * 8, 16),
        ([0.1] * 2 + [0.9] * 8 + [0.1] * 3, 8),  # at an end nothing follows that it could join
        ([0.9], 0),
    ],
)
def test_segments_have_hysteresis_and_a_shortest_length(probabilities: list[float], frames: int) -> None:
    assert segments(np.array(probabilities)).sum() == frames
