"""Tones and drawings, made on the spot."""

import io

import numpy as np
import soundfile
from PIL import Image


def tone(seconds: float = 1.0, level: float = 0.3, silent: float = 0.0) -> bytes:
    """A 440 Hz tone as 16 kHz FLAC, with silence after it."""
    time = np.arange(round(16_000 * seconds)) / 16_000
    wave = np.concatenate([level * np.sin(2 * np.pi * 440 * time), np.zeros(round(16_000 * silent))])
    file = io.BytesIO()
    soundfile.write(
        file, np.clip(np.rint(wave * 32_767), -32_768, 32_767).astype(np.int16), 16_000, format="FLAC"
    )
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
