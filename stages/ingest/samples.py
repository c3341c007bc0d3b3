"""From the bytes of a link to samples: decoded, checked, cut, encoded anew where that is needed."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from stages.core.audio import SAMPLE_RATE, WINDOW_SECONDS, Waveform, decode, encode_flac
from stages.core.images import prepare
from stages.core.records import Record, Sample
from stages.core.safety import BadItemError
from stages.ingest.compose import join, trim
from stages.ingest.fetch import Base, Fetched, Fetcher
from stages.ingest.items import Item
from stages.ingest.params import Bounds
from stages.ingest.windows import Window, cut_windows

_WINDOW = int(WINDOW_SECONDS * SAMPLE_RATE)  # samples
_RECORDINGS = 1024  # single words that a worker keeps decoded


def image_samples(item: Item, fetched: Fetched, bounds: Bounds) -> list[Sample]:
    """One sample with the image's own bytes, or with a JPEG if they do not fit the bounds.

    Raises:
        BadItemError: the image cannot be used.
    """
    picture = prepare(fetched.content, bounds.pixels, bounds.short_side, bounds.long_side)
    facts = {"width": picture.width, "height": picture.height}
    return [_sample(item, fetched.sha256, {picture.extension: picture.content}, facts)]


def audio_samples(item: Item, fetched: Fetched, bounds: Bounds) -> list[Sample]:
    """One sample, or one per window of a long recording whose segments are known.

    Raises:
        BadItemError: the recording cannot be used, or is too long for its single transcript.
    """
    wave = decode(fetched.content, _suffix(item.link), bounds.seconds)
    if len(wave) <= _WINDOW:
        return [_audio_sample(item, fetched.sha256, wave, {"segments": _inside(item, len(wave))})]
    if not item.segments:
        raise BadItemError("long_without_timings", f"more than {WINDOW_SECONDS:g} s under one transcript")
    windows = cut_windows(len(wave), SAMPLE_RATE, item.segments, _WINDOW)
    if not windows:
        raise BadItemError("no_usable_segment", "every segment is empty, too long or outside the recording")
    return [
        _audio_sample(
            item, fetched.sha256, wave[window.start : window.stop], _window_facts(item, window, number)
        )
        for number, window in enumerate(windows)
    ]


class Recordings:
    """Single words as trimmed waveforms, read once per worker and shard."""

    def __init__(self, fetcher: Fetcher, base: Base, bounds: Bounds, silence: float) -> None:
        def load(link: str) -> tuple[Waveform, str]:
            fetched = fetcher.read(link, base)
            return trim(decode(fetched.content, _suffix(link), bounds.seconds), silence), fetched.sha256

        self._load = lru_cache(_RECORDINGS)(load)

    def read(self, link: str) -> tuple[Waveform, str]:
        """The waveform of a word without the silence around it, and the hash of its file.

        Raises:
            BadItemError: it cannot be fetched or decoded.
        """
        return self._load(link)


def composed_samples(item: Item, recordings: Recordings) -> list[Sample]:
    """The utterance that an item describes, with a segment per word.

    Raises:
        BadItemError: a recording cannot be used.
    """
    if item.utterance is None:
        raise ValueError(f"{item.key} is no composed utterance")
    found = [recordings.read(word.link) for word in item.utterance.words]
    words = [(word.text, wave) for word, (wave, _) in zip(item.utterance.words, found, strict=True)]
    wave, segments = join(words, item.utterance.gaps)
    sha256 = hashlib.sha256("".join(hashed for _, hashed in found).encode()).hexdigest()
    return [_audio_sample(item, sha256, wave, {"segments": segments})]


def _window_facts(item: Item, window: Window, number: int) -> dict[str, Any]:
    """The translation and the group belong to the whole; the group keeps its windows in one split."""
    return {
        "key": f"{item.key}-{number:04d}",
        "text": window.text,
        "segments": window.segments,
        "translation": None,
    }


def _inside(item: Item, length: int) -> tuple[Any, ...]:
    """The item's segments, or none of them if they do not fit the recording."""
    fits = all(round(segment.end * SAMPLE_RATE) <= length for segment in item.segments)
    return item.segments if fits else ()


def _audio_sample(item: Item, sha256: str, wave: Waveform, facts: Mapping[str, Any]) -> Sample:
    return _sample(item, sha256, {"flac": encode_flac(wave)}, {"duration": len(wave) / SAMPLE_RATE, **facts})


def _sample(item: Item, sha256: str, files: Mapping[str, bytes], facts: Mapping[str, Any]) -> Sample:
    record = Record(
        **{
            "key": item.key,
            "source": item.source,
            "licence": item.licence,
            "origin": item.origin,
            "sha256": sha256,
            "text": item.text,
            "language": item.language,
            "group": item.group,
            "split": item.split,
            "tags": item.tags,
            "translation": item.translation,
            "speaker": item.speaker,
            **facts,
        }
    )
    return Sample(record.key, {"json": record.model_dump_json(exclude_none=True).encode(), **files})


def _suffix(link: str) -> str:
    return PurePosixPath(urlsplit(link).path).suffix
