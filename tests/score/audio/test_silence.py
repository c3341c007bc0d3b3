"""Silence, and the rate of speech that depends on it."""

import numpy as np

from stages.score.audio.duration import duration
from stages.score.audio.rate import rate
from stages.score.audio.silence import silence, silent_share
from stages.score.subjects import Sound
from tests.score.material import samples


def test_a_tone_and_as_much_silence() -> None:
    sound = Sound(samples(seconds=1.0, silent=1.0), "ten chars.")
    assert duration(sound) == (2.0,)
    assert silence(sound) == (0.5, 1.0)
    assert rate(sound) == (5.0, 10.0)


def test_digital_silence_has_no_voiced_rate() -> None:
    sound = Sound(samples(level=0.0), "something")
    assert silence(sound).silence == 1.0
    assert rate(sound).voiced_speed is None


def test_a_pause_with_a_hum_is_silent_beside_speech() -> None:
    hum = np.full(16_000, 200, np.int16)  # -44 dB of full scale
    speech = np.full(16_000, 20_000, np.int16)
    assert silent_share(Sound(hum, "")) == 0.0
    assert silent_share(Sound(np.concatenate([hum, speech]), "")) == 0.5


def test_a_sound_shorter_than_a_frame() -> None:
    assert silent_share(Sound(np.array([1000], np.int16), "")) == 0.0
