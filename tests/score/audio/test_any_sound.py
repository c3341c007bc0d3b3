"""Extremes of sounds: every feature is there and finite, and the same each time."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from stages.core.features import AUDIO, CONTENT
from stages.score import measures
from stages.score.subjects import Samples, Sound
from tests.score.material import samples


def check(wave: Samples, text: str = "text") -> dict:
    features = measures.measure_all(measures.AUDIO, Sound(wave, text))
    assert set(features) == {name for name, _ in (*AUDIO, *CONTENT)} - {"bytes"}
    assert all(math.isfinite(value) for value in features.values() if isinstance(value, float))
    for name in ("silence", "speech", "clipped", "peak"):
        assert 0 <= features[name] <= 1
    assert all(0 <= word < 1 << 32 for word in features["fingerprint"])
    return features


@pytest.mark.parametrize("length", [1, 2, 319, 320, 511, 512, 513, 4096, 16_000])
@pytest.mark.parametrize("value", [0, 1, -32_768, 32_767])
def test_constant_sounds_of_any_length(length: int, value: int) -> None:
    check(np.full(length, value, np.int16))


@given(arrays.arrays(np.int16, st.integers(1, 3000)))
@settings(max_examples=25, deadline=None)
def test_any_samples_are_measured_alike_each_time(wave: Samples) -> None:
    assert check(wave) == check(wave.copy())


def test_equal_sound_has_equal_content_whatever_the_text() -> None:
    assert check(samples(), "a")["content"] == check(samples(), "b")["content"]
    assert check(samples(), "a")["content"] != check(samples(level=0.31), "a")["content"]
