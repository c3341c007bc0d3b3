"""How loud a sound is."""

import math
from typing import NamedTuple

import numpy as np

from stages.score.subjects import FULL_SCALE, Sound

FLOOR = -100.0  # dB of full scale: what digital silence counts as


class Level(NamedTuple):
    """Root mean square in dB of full scale, and the largest magnitude as a share of full scale."""

    loudness: float
    peak: float


def level(sound: Sound) -> Level:
    """Sums are of integers, hence exact in any order."""
    squares = int(np.square(sound.samples.astype(np.int32)).sum(dtype=np.int64))
    energy = squares / len(sound.samples) / FULL_SCALE**2
    largest = int(np.abs(sound.samples.astype(np.int32)).max())
    return Level(
        loudness=round(max(FLOOR, 10 * math.log10(energy)), 3) if energy else FLOOR,
        peak=round(largest / FULL_SCALE, 4),
    )
