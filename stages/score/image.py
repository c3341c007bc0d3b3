"""What can be told of a picture by its pixels alone: size, flatness, and what near duplicates share."""

import math
from typing import Any

import numpy as np
from PIL import Image

from stages.core.images import decode_rgb
from stages.score.hashes import array_hash

_PALETTE_SIDE = 8  # cells
_DARKER = 4  # levels of 255


def image_features(content: bytes) -> dict[str, Any]:
    """Decode and measure a picture.

    Args:
        content: the file; transparency is laid on white.

    Returns:
        The columns `IMAGE` and `CONTENT` of stages.core.features.

    Raises:
        BadItemError: it cannot be decoded or is too large.
    """
    image = decode_rgb(content)
    pixels = np.asarray(image)  # [height, width, RGB]
    packed = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    counts = np.unique(packed, return_counts=True)[1]
    return {
        "width": image.width,
        "height": image.height,
        "aspect": round(max(image.size) / min(image.size), 4),
        "entropy": round(entropy(image.convert("L").histogram()), 4),
        "main_colour": round(int(counts.max()) / packed.size, 4),
        "colours": len(counts),
        "dhash": difference_hash(image),
        "palette": palette(image),
        "content": array_hash(pixels),
    }


def entropy(histogram: list[int]) -> float:
    """Bits per pixel: 0 for one grey, 8 for all 256 in equal shares."""
    total = sum(histogram)
    return 0.0 - sum(count / total * math.log2(count / total) for count in histogram if count)


def difference_hash(image: Image.Image) -> int:
    """64 signs: is each pixel of an 8 x 9 grey thumbnail clearly darker than its right neighbour?

    Source: N. Krawetz, "Kind of like that", 2013 (dHash). The margin is ours: without it, the noise that JPEG
    leaves on a plain background flips the signs there.
    """
    thumbnail = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX)).astype(np.int16)  # [8, 9]
    bits = thumbnail[:, 1:] - thumbnail[:, :-1] > _DARKER
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def palette(image: Image.Image) -> list[int]:
    """Mean RGB of 8 x 8 cells, row by row: tells a red heart from a blue one, where `dhash` is blind."""
    side = (_PALETTE_SIDE, _PALETTE_SIDE)
    return [int(value) for value in np.asarray(image.resize(side, Image.Resampling.BOX)).ravel()]
