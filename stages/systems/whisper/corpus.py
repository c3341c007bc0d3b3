"""Utterances with their words' times, and their mel spectrograms, computed once and kept in memory.

Training cuts and joins utterances at word boundaries (`excerpts.py`), so what is kept is the log-mel power
before a window's loudness enters it: that normalisation belongs to the finished window.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from stages.core.audio import decode
from stages.core.reader import Shards
from stages.core.records import Record, Sample
from stages.systems.whisper import mel

Spectrogram = npt.NDArray[np.float32]  # log10 of mel power, [mel channels, frames of 10 ms]


@dataclass(frozen=True)
class Word:
    """A word and the stretch of its utterance that is cut out with it, in frames.

    Consecutive words share a boundary in the middle of the gap between them, so that any run of words is one
    stretch; `start` and `end` say where the word itself sounds.
    """

    text: str
    english: str | None
    left: int
    start: int
    end: int
    right: int


@dataclass(frozen=True)
class Utterance:
    """What the record of a sample says about its sound."""

    key: str
    source: str
    language: str
    speaker: str
    text: str
    english: str | None  # a translation, or the text itself if it is English
    frames: int
    words: tuple[Word, ...]  # empty where no times are known


class Corpus:
    """The utterances of a part of the shards, in the order of its keys.

    Args:
        shards: the part.
        n_mels: channels of the spectrograms.
        longest: seconds; longer samples are left out, as a window could not hold them.
    """

    def __init__(self, shards: Shards, n_mels: int, longest: float) -> None:
        self._shards = shards
        self._n_mels = n_mels
        self._mels: dict[int, npt.NDArray[np.float16]] = {}
        parsed = (utterance(sample.record) for sample in shards)
        self.utterances = [each for each in parsed if each.frames <= longest * mel.FRAMES_PER_SECOND]

    def __len__(self) -> int:
        return len(self.utterances)

    def spectrogram(self, index: int) -> Spectrogram:
        """The log10 mel power of an utterance, float32 [n_mels, frames].

        It is kept as float16, whose error at the floor, 0.004, is a twentieth of a decibel.
        """
        if index not in self._mels:
            audio = waveform(self._shards.sample(self.utterances[index].key))
            found = mel.log10_mel(audio, self._n_mels).numpy()
            self._mels[index] = found[:, : self.utterances[index].frames].astype(np.float16)
        return self._mels[index].astype(np.float32)


def waveform(sample: Sample) -> Tensor:
    """The sound of a sample: float32 [samples] at 16 kHz."""
    return torch.from_numpy(decode(sample.files["flac"], ".flac"))


def utterance(record: Record) -> Utterance:
    """What training needs of a record; word by word where its translation has as many words as its text."""
    english = record.text if record.language == "en" else record.translation
    frames = round((record.duration or 0.0) * mel.FRAMES_PER_SECOND)
    return Utterance(
        record.key,
        record.source,
        record.language,
        record.speaker or "",
        record.text,
        english,
        frames,
        _words(record, english, frames),
    )


def _words(record: Record, english: str | None, frames: int) -> tuple[Word, ...]:
    segments = record.segments
    starts = [min(frames, round(segment.start * mel.FRAMES_PER_SECOND)) for segment in segments]
    ends = [min(frames, round(segment.end * mel.FRAMES_PER_SECOND)) for segment in segments]
    gaps = [(end + start) // 2 for end, start in zip(ends, starts[1:], strict=False)]
    edges = [0, *gaps, frames]
    translated = _aligned(english, len(segments))
    return tuple(
        Word(segment.text, translated[number], edges[number], starts[number], ends[number], edges[number + 1])
        for number, segment in enumerate(segments)
    )


def _aligned(english: str | None, count: int) -> Sequence[str | None]:
    if english is None:
        return [None] * count
    if count == 1:
        return [english]
    words = english.split()
    return words if len(words) == count else [None] * count
