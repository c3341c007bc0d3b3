"""Samples made on the spot: tones and drawings, with their records."""

import hashlib
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from stages.core.records import Record, Sample


def tone(seconds: float = 1.0, level: float = 0.3, silent: float = 0.0) -> bytes:
    """A 440 Hz tone as 16 kHz FLAC, with silence after it."""
    time = np.arange(round(16_000 * seconds)) / 16_000
    wave = np.concatenate([level * np.sin(2 * np.pi * 440 * time), np.zeros(round(16_000 * silent))])
    file = io.BytesIO()
    soundfile.write(file, np.rint(wave * 32_767).astype(np.int16), 16_000, format="FLAC")
    return file.getvalue()


def drawing(size: tuple[int, int] = (32, 24), colour: str = "red") -> Image.Image:
    """A coloured box on white."""
    image = Image.new("RGB", size, "white")
    image.paste(colour, (4, 4, 20, 16))
    return image


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def sample() -> Callable[..., Sample]:
    """`sample("key", "png", content, text=...)`: a sample with its record."""

    def make(key: str, extension: str, content: bytes, **facts: Any) -> Sample:
        known = {"text": "a red box", "language": "en", "group": key, "source": "made", "licence": "CC0-1.0"}
        sha256 = hashlib.sha256(content).hexdigest()
        record = Record(**{"key": key, "origin": "here", "sha256": sha256} | known | facts)
        return Sample(key, {"json": record.model_dump_json().encode(), extension: content})

    return make
