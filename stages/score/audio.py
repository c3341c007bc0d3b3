"""What can be told of speech by its samples alone: how long, how loud, how silent, how fast."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from stages.core.audio import SAMPLE_RATE, decode, to_pcm
from stages.score.hashes import array_hash

_FULL_SCALE = 1 << 15  # of PCM-16
_FLOOR = -100.0  # dB of full scale: what digital silence counts as
_FRAME = SAMPLE_RATE // 50  # samples in 20 ms
_SILENT = -50.0  # dB of full scale
_SILENT_BELOW_LOUDEST = 35.0  # dB

Samples = npt.NDArray[np.int16]


def audio_features(content: bytes, text: str) -> dict[str, Any]:
    """Decode and measure a recording.

    Args:
        content: the file; it is measured as 16 kHz mono PCM-16, as ingest writes it.
        text: what is said in it.

    Returns:
        The columns `AUDIO` and `CONTENT` of stages.core.features.

    Raises:
        BadItemError: it cannot be decoded, or it is empty.
    """
    samples = to_pcm(decode(content))
    seconds = len(samples) / SAMPLE_RATE
    silence = silent_share(samples)
    voiced = seconds * (1 - silence)
    magnitude = np.abs(samples.astype(np.int32))
    return {
        "seconds": round(seconds, 4),
        "voiced_seconds": round(voiced, 4),
        "loudness": round(decibels(samples), 3),
        "peak": round(int(magnitude.max()) / _FULL_SCALE, 4),
        "clipped": round(int((magnitude >= _FULL_SCALE - 1).sum()) / len(samples), 6),
        "silence": round(silence, 4),
        "speed": round(len(text) / seconds, 3),
        "voiced_speed": round(len(text) / voiced, 3) if voiced else None,
        "content": array_hash(samples),
    }


def decibels(samples: Samples) -> float:
    """Root mean square in dB of full scale; the sum is of integers, hence exact."""
    energy = int(np.square(samples.astype(np.int64)).sum()) / len(samples)
    return max(_FLOOR, 10 * math.log10(energy / _FULL_SCALE**2)) if energy else _FLOOR


def silent_share(samples: Samples) -> float:
    """The share of 20 ms frames below -50 dB of full scale, or 35 dB below the loudest frame.

    The second bound finds the pauses of a recording with a hum; the first keeps noise from being speech.
    """
    size = min(len(samples), _FRAME)
    count = len(samples) // size
    frames = samples[: count * size].reshape(count, size).astype(np.int64)  # [frame, time]
    energy = np.square(frames).sum(axis=1)
    scale = size * _FULL_SCALE**2
    bound = max(scale * 10 ** (_SILENT / 10), int(energy.max()) * 10 ** (-_SILENT_BELOW_LOUDEST / 10))
    return float((energy < bound).mean())
