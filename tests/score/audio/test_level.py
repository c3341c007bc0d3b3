"""Levels, on tones whose answer is arithmetic."""

import numpy as np
import pytest

from stages.score.audio.clipping import clipping
from stages.score.audio.level import level
from stages.score.subjects import Sound
from tests.score.material import samples


def test_a_tone_and_silence() -> None:
    found = level(Sound(samples(level=0.5, silent=1.0), ""))
    assert found.peak == pytest.approx(0.5, abs=1e-3)
    assert found.loudness == pytest.approx(20 * np.log10(0.5 / 2), abs=0.01)  # sqrt(2) twice


def test_digital_silence_has_a_loudness() -> None:
    assert level(Sound(samples(level=0.0), "")) == (-100.0, 0.0)


def test_one_sample() -> None:
    assert level(Sound(np.array([1000], np.int16), "")).loudness == pytest.approx(-30.31, abs=0.01)


def test_a_driven_tone_clips() -> None:
    assert clipping(Sound(samples(level=3.0), "")).clipped == pytest.approx(0.78, abs=0.02)
    assert clipping(Sound(samples(level=0.5), "")).clipped == 0.0
