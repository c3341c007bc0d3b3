"""What near duplicates share: signs of brightness steps, and the colours of a coarse mosaic."""

from typing import NamedTuple

import numpy as np
from PIL import Image

from stages.score.subjects import Picture

_MOSAIC = 8  # cells of a side
_DARKER = 4  # levels of 255


class PerceptualHash(NamedTuple):
    """64 signs as an unsigned integer, and 8 x 8 means of RGB, row by row."""

    dhash: int
    palette: list[int]


def perceptual_hash(picture: Picture) -> PerceptualHash:
    """The signs find what looks alike in grey; the mosaic tells a red heart from a blue one."""
    return PerceptualHash(difference_hash(picture.image), mosaic(picture.image))


def difference_hash(image: Image.Image) -> int:
    """64 signs: is each pixel of an 8 x 9 grey thumbnail clearly darker than its right neighbour?

    Source: N. Krawetz, "Kind of like that", 2013 (dHash). The margin is ours: without it, the noise that JPEG
    leaves on a plain background flips the signs there.
    """
    thumbnail = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX)).astype(np.int16)  # [8, 9]
    signs = thumbnail[:, 1:] - thumbnail[:, :-1] > _DARKER
    return int.from_bytes(np.packbits(signs).tobytes(), "big")


def mosaic(image: Image.Image) -> list[int]:
    """Mean RGB of 8 x 8 cells."""
    cells = image.resize((_MOSAIC, _MOSAIC), Image.Resampling.BOX)
    return [int(value) for value in np.asarray(cells).ravel()]
