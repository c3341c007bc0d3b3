"""How much happens in a picture's brightness: banners and empty drawings have little."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from stages.score.subjects import Picture


class Entropy(NamedTuple):
    """`entropy`: of the histogram of greys, in bits per pixel: 0 for one grey, 8 for all 256 alike."""

    entropy: float


def entropy(picture: Picture) -> Entropy:
    """Of the picture in grey."""
    return Entropy(round(bits(picture.image.convert("L").histogram()), 4))


def bits(histogram: Sequence[int]) -> float:
    """Shannon's entropy of counts."""
    total = sum(histogram)
    return 0.0 - sum(count / total * math.log2(count / total) for count in histogram if count)
