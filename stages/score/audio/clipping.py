"""How much of a sound was cut off at full scale."""

from typing import NamedTuple

import numpy as np

from stages.score.shares import share
from stages.score.subjects import FULL_SCALE, Sound


class Clipping(NamedTuple):
    """`clipped`: the share of samples at full scale."""

    clipped: float


def clipping(sound: Sound) -> Clipping:
    """Count samples of the largest magnitude that PCM-16 has on both sides, or one more below."""
    magnitude = np.abs(sound.samples.astype(np.int32))
    return Clipping(share(int((magnitude >= FULL_SCALE - 1).sum()), len(magnitude), digits=6))
