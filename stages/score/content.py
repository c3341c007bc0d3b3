"""A hash of sound or pixels as they are after decoding, by which exact duplicates are found."""

import hashlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stages.score.subjects import Picture, Sound


class Content(NamedTuple):
    """`content`: SHA-256 of an array's type, shape and values, whatever the file's format was."""

    content: str


def sound_content(sound: Sound) -> Content:
    """Of the samples."""
    return Content(_array_hash(sound.samples))


def picture_content(picture: Picture) -> Content:
    """Of the pixels."""
    return Content(_array_hash(picture.pixels))


def _array_hash(array: npt.NDArray[np.generic]) -> str:
    header = f"{array.dtype.str}{array.shape}".encode()
    return hashlib.sha256(header + np.ascontiguousarray(array).tobytes()).hexdigest()
