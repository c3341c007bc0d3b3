"""Tones and drawings, made on the spot, and sentences of the sample."""

import io
import json
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from stages.core.audio import decode, to_pcm
from stages.score.subjects import Samples

CAPTIONS = Path("data/sample/speech/captions")
LANGUAGES = ("bg", "ca", "el", "es", "fr", "ro", "ru")


@cache
def spoken(language: str) -> Samples:
    """The longest captions of a language in the sample, some ten seconds, int16 at 16 kHz."""
    lines = [json.loads(line) for line in (CAPTIONS / "manifest.jsonl").read_text().splitlines()]
    longest = sorted(
        (line for line in lines if line["language"] == language), key=lambda line: -len(line["text"])
    )
    files = [CAPTIONS / line["file"] for line in longest[:3]]
    return np.concatenate([to_pcm(decode(file.read_bytes(), file.suffix)) for file in files])


def samples(seconds: float = 1.0, level: float = 0.3, silent: float = 0.0) -> Samples:
    """A 440 Hz tone, int16 at 16 kHz, with silence after it."""
    time = np.arange(round(16_000 * seconds)) / 16_000
    wave = np.concatenate([level * np.sin(2 * np.pi * 440 * time), np.zeros(round(16_000 * silent))])
    return np.clip(np.rint(wave * 32_767), -32_768, 32_767).astype(np.int16)


def tone(seconds: float = 1.0, level: float = 0.3, silent: float = 0.0) -> bytes:
    """The same as FLAC."""
    file = io.BytesIO()
    soundfile.write(file, samples(seconds, level, silent), 16_000, format="FLAC")
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
