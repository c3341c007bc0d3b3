"""The front end is the published one."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.systems.whisper import mel
from tests.systems.whisper import golden


@pytest.fixture(scope="module")
def expected():
    return golden.arrays("mel")


@pytest.fixture(scope="module")
def sound():
    return golden.signal(2)


@pytest.mark.parametrize("channels", [80, 128])
def test_filters_are_the_published_ones(expected, channels):
    assert np.abs(mel.filter_bank(channels).numpy() - expected[f"filters{channels}"]).max() < 1e-7


def test_log_mel_is_the_published_one(expected, sound):
    assert np.abs(mel.log_mel(sound, 80).numpy() - expected["mel80"]).max() < 1e-4
    assert np.abs(mel.log_mel(sound, 128).numpy()[:, :100] - expected["mel128"]).max() < 1e-4


def test_a_padded_window_is_the_published_one(expected, sound):
    window = mel.log_mel(mel.fit(sound, 30 * mel.SAMPLE_RATE), 80)
    assert window.shape == (80, 3000)
    assert np.abs(window[:, 190:210].numpy() - expected["padded80"]).max() < 1e-4


def test_silence_is_finite_and_flat():
    silence = mel.log_mel(torch.zeros(mel.SAMPLE_RATE), 80)
    assert torch.all(silence == -1.5)  # (-10 + 4) / 4


@settings(deadline=None, max_examples=20)
@given(st.integers(min_value=201, max_value=5000), st.integers(min_value=0, max_value=1000))
def test_every_length_yields_a_frame_per_hop_within_range(samples, seed):
    audio = torch.from_numpy(np.random.default_rng(seed).uniform(-1, 1, samples).astype(np.float32))
    found = mel.log_mel(audio, 80)
    assert found.shape == (80, samples // mel.HOP)
    assert found.max() - found.min() <= 2.0 + 1e-6  # 80 dB over 40 dB per unit


@given(st.integers(min_value=0, max_value=50), st.integers(min_value=0, max_value=50))
def test_fit_pads_or_cuts(length, wanted):
    fitted = mel.fit(torch.ones(length), wanted)
    assert fitted.tolist() == [1.0] * min(length, wanted) + [0.0] * max(0, wanted - length)
