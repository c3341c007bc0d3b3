"""Hashes by which duplicates are found: of text, sound and pixels as they are after decoding."""

import hashlib

import numpy as np
import numpy.typing as npt

from stages.core.texts import normalised


def text_hash(text: str) -> str:
    """128 bits of the normalised text."""
    return hashlib.blake2b(normalised(text).encode(), digest_size=16).hexdigest()


def array_hash(array: npt.NDArray[np.generic]) -> str:
    """SHA-256 of an array's shape, type and values: equal sound or pixels, whatever the file's format."""
    header = f"{array.dtype.str}{array.shape}".encode()
    return hashlib.sha256(header + np.ascontiguousarray(array).tobytes()).hexdigest()
