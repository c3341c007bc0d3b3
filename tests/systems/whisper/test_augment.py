"""Augmentation keeps its promises of shape, range and repeatability."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.systems.whisper.augment import Augment, add_noise, augment, mask, stretch

STILL = Augment(tempo=(1.0, 1.0), warp=0, gain=0, noise=0, time_mask=0, mel_mask=0)


def spectrogram(frames=50, seed=0):
    return np.random.default_rng(seed).uniform(-8, 2, (80, frames)).astype(np.float32)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 300), st.integers(0, 10**6))
def test_any_excerpt_stays_finite_and_within_the_window(frames, seed):
    found = augment(spectrogram(frames), Augment(), 250, np.random.default_rng(seed))
    assert found.dtype == np.float32
    assert found.shape[0] == 80
    assert found.shape[1] <= 250
    assert np.isfinite(found).all()
    assert found.shape[1] == min(250, found.shape[1])
    assert frames / 1.16 - 1 <= found.shape[1] or found.shape[1] == 250


def test_without_ranges_nothing_changes():
    assert np.array_equal(augment(spectrogram(), STILL, 400, np.random.default_rng(0)), spectrogram())


def test_the_same_draws_give_the_same_sound():
    pair = [augment(spectrogram(), Augment(), 400, np.random.default_rng(5)) for _ in range(2)]
    assert np.array_equal(*pair)


def test_stretching_in_time_keeps_the_ends():
    found = stretch(spectrogram(50), 80, 1.0)
    assert found.shape == (80, 80)
    assert np.array_equal(found[:, [0, -1]], spectrogram(50)[:, [0, -1]])


def test_warping_moves_a_peak_along_the_mel_axis():
    tone = np.full((80, 3), -8, np.float32)
    tone[40] = 0
    assert stretch(tone, 3, 0.8).argmax(axis=0).tolist() == [50] * 3


@pytest.mark.parametrize("below", [20.0, 40.0])
def test_noise_fills_silence_at_its_level(below):
    quiet = np.full((80, 400), -10, np.float32)
    quiet[:, 0] = 0
    found = add_noise(quiet, below, np.random.default_rng(0))
    power = (10.0 ** found[:, 1:]).mean()
    assert 10 * np.log10(power) == pytest.approx(-below, abs=0.5)


def test_masks_hide_a_fifth_of_the_time_at_most():
    values = spectrogram(10)
    for seed in range(50):
        found = mask(values, Augment(mel_mask=0, time_mask=100), np.random.default_rng(seed))
        assert (found != values).any(axis=0).sum() <= 2
