"""Features of sounds, on tones whose answer is arithmetic."""

import numpy as np
import pytest

from stages.core.features import AUDIO, CONTENT
from stages.core.safety import BadItemError
from stages.score.audio import audio_features, decibels, silent_share
from tests.score.material import tone


def test_a_tone_and_silence() -> None:
    features = audio_features(tone(seconds=1.0, level=0.5, silent=1.0), "ten chars.")
    assert set(features) <= {name for name, _ in (*AUDIO, *CONTENT)}
    assert features["seconds"] == 2.0
    assert features["silence"] == 0.5
    assert features["voiced_seconds"] == 1.0
    assert features["speed"] == 5.0
    assert features["voiced_speed"] == 10.0
    assert features["peak"] == pytest.approx(0.5, abs=1e-3)
    assert features["clipped"] == 0.0
    assert features["loudness"] == pytest.approx(20 * np.log10(0.5 / 2), abs=0.01)  # sqrt(2) twice


def test_digital_silence_has_a_loudness_and_no_voice() -> None:
    features = audio_features(tone(level=0.0), "something")
    assert (features["loudness"], features["silence"], features["voiced_speed"]) == (-100.0, 1.0, None)


def test_a_driven_tone_clips() -> None:
    assert audio_features(tone(level=3.0), "loud")["clipped"] == pytest.approx(0.78, abs=0.02)


def test_a_pause_with_a_hum_is_silent_beside_speech() -> None:
    hum = np.full(16_000, 200, np.int16)  # -44 dB of full scale
    speech = np.full(16_000, 20_000, np.int16)
    assert silent_share(hum) == 0.0
    assert silent_share(np.concatenate([hum, speech])) == 0.5


def test_a_sound_shorter_than_a_frame() -> None:
    one = np.array([1000], np.int16)
    assert silent_share(one) == 0.0
    assert decibels(one) == pytest.approx(-30.31, abs=0.01)


def test_equal_sound_has_equal_content_whatever_the_text() -> None:
    assert audio_features(tone(), "a")["content"] == audio_features(tone(), "b")["content"]
    assert audio_features(tone(), "a")["content"] != audio_features(tone(level=0.31), "a")["content"]


@pytest.mark.parametrize("content", [b"", b"no sound", tone()[:200], tone()[:-1000]])
def test_what_does_not_decode_is_a_bad_item(content: bytes) -> None:
    with pytest.raises(BadItemError):
        audio_features(content, "text")
