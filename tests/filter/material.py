"""Rows of scored tables: an ordinary sample, and what a test changes of it."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from stages.core.features import FEATURES
from stages.core.files import digest

_ORDINARY: dict[str, Any] = {
    "source": "made",
    "licence": "CC0-1.0",
    "origin": "here",
    "sha256": "0",
    "text": "A red box.",
    "language": "en",
    "characters": 10,
    "words": 3,
    "letters": 0.875,
    "digits": 0.0,
    "punctuation": 0.125,
    "upper": 0.1429,
    "pauses": 0,
    "script": "LATIN",
    "script_fits": True,
    "text_language": "en",
    "text_language_score": 0.9,
    "compression": 0.7,
    "repetition": 0.0,
}
_SOUND: dict[str, Any] = {
    "seconds": 1.0,
    "voiced_seconds": 0.9,
    "loudness": -20.0,
    "peak": 0.5,
    "clipped": 0.0,
    "silence": 0.1,
    "speech": 0.8,
    "speed": 10.0,
    "voiced_speed": 11.1,
}
_PICTURE: dict[str, Any] = {
    "width": 64,
    "height": 64,
    "aspect": 1.0,
    "entropy": 4.0,
    "main_colour": 0.3,
    "colours": 100,
    "dhash": 0,
    "palette": [128] * 192,
    "nsfw": 0.0,
    "watermark": 0.0,
    "faces": 0.0,
    "clip_score": 0.3,
    "bytes": 6000,
}


def text_row(key: str, **changes: Any) -> dict[str, Any]:
    """A sample of which only the text is known; its group, text and content are its own."""
    own = {"key": key, "group": key, "text_hash": f"text of {key}", "content": f"content of {key}"}
    return dict.fromkeys(FEATURES.names) | _ORDINARY | own | changes


def sound_row(key: str, **changes: Any) -> dict[str, Any]:
    """An ordinary recording."""
    return text_row(key, **(_SOUND | changes))


def picture_row(key: str, **changes: Any) -> dict[str, Any]:
    """An ordinary picture; all have the same descriptors."""
    return text_row(key, **(_PICTURE | changes))


def table(*rows: dict[str, Any]) -> pa.Table:
    """A scored table."""
    return pa.Table.from_pylist(list(rows), FEATURES)


def pinned(path: Path) -> dict[str, str]:
    """A file as params.yaml names it."""
    return {"path": str(path), "sha256": digest(path)}
