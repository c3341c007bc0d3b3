"""What can be told of a caption or transcript without a model."""

import unicodedata
from typing import Any

import pyarrow as pa

from stages.score.hashes import text_hash
from stages.score.scripts import dominant_script, fits

_PAUSES = frozenset(",;:!?،؛؟、，；：！？。·…।॥՞՜¿¡")
_GZIP_WRAPPING = 12  # bytes that gzip's header and trailer add over zlib's
_NGRAM = 3  # words


def text_features(text: str, language: str) -> dict[str, Any]:
    """Measure a text.

    Args:
        text: the caption or transcript.
        language: BCP 47, for the question whether the script fits.

    Returns:
        The columns `TEXT` of stages.core.features.
    """
    script = dominant_script(text)
    words = text.split()
    solid = "".join(words)
    return {
        "characters": len(text),
        "words": len(words),
        "letters": _share(sum(character.isalpha() for character in solid), len(solid)),
        "digits": _share(sum(character.isdigit() for character in solid), len(solid)),
        "punctuation": _share(sum(map(_is_punctuation, solid)), len(solid)),
        "upper": _upper(text),
        "pauses": sum(character in _PAUSES for character in text),
        "script": script,
        "script_fits": fits(script, language),
        "compression": compression_ratio(text),
        "repetition": repetition(words),
        "text_hash": text_hash(text),
    }


def compression_ratio(text: str) -> float:
    """Bytes over zlib-compressed bytes, as in Whisper's check for loops (its threshold is 2.4).

    Arrow's own zlib is used, so that the length is the same on every machine: Python's may be zlib-ng.
    """
    content = text.encode()
    if not content:
        return 0.0
    compressed = pa.compress(content, codec="gzip", asbytes=True)
    return round(len(content) / (len(compressed) - _GZIP_WRAPPING), 4)


def repetition(words: list[str]) -> float:
    """The share of word trigrams that occurred before in the same text; 0 for fewer than four words."""
    ngrams = list(zip(*(words[start:] for start in range(_NGRAM)), strict=False))
    return _share(len(ngrams) - len(set(ngrams)), len(ngrams))


def _upper(text: str) -> float | None:
    upper = sum(character.isupper() for character in text)
    lower = sum(character.islower() for character in text)
    return _share(upper, upper + lower) if upper + lower else None


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character).startswith("P")


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
