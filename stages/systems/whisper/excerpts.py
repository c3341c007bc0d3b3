"""Fresh training strings from real utterances: runs of words cut out, and runs of one speaker joined.

An utterance of six words holds twenty-one runs, and two runs of the same voice make another string, so a
small set of recordings yields far more strings than it has utterances. None of two or more words is drawn
that is reserved for the held-out split.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from stages.core.records import Segment
from stages.systems.whisper.corpus import Corpus, Spectrogram, Utterance, Word
from stages.systems.whisper.mel import FRAMES_PER_SECOND

_TRIES = 50  # one string in ten is reserved, so this many misses in a row do not happen


@dataclass(frozen=True)
class Run:
    """Consecutive words `first` to `last` (inclusive) of an utterance of a corpus."""

    index: int
    first: int
    last: int


@dataclass(frozen=True)
class Excerpt:
    """Sound and what is said in it.

    Attributes:
        mel: log10 of mel power, float32 [channels, frames].
        language: of the speech.
        text: what is said.
        english: what it means, or None.
        segments: words with times in seconds, in the language; empty where none are known.
    """

    mel: Spectrogram
    language: str
    text: str
    english: str | None
    segments: tuple[Segment, ...] = ()


Reserved = Callable[[str, str], bool]  # (language, text) -> kept out of training


class Excerpts:
    """Draws excerpts from a corpus.

    Args:
        corpus: utterances, with words' times or without.
        reserved: says which strings are kept out of training.
        longest: frames that an excerpt may have.
    """

    def __init__(self, corpus: Corpus, reserved: Reserved, longest: int) -> None:
        self._corpus = corpus
        self._reserved = reserved
        self._longest = longest
        self._by_speaker: dict[str, list[int]] = {}
        for index, each in enumerate(corpus.utterances):
            if each.words:
                self._by_speaker.setdefault(each.speaker, []).append(index)

    def draw(self, index: int, words: int, joined: float, random: np.random.Generator) -> Excerpt:
        """An excerpt of at most `words` words that starts in utterance `index`.

        Args:
            index: the utterance; one without words' times is taken whole.
            words: how many to aim at.
            joined: the probability that runs of two utterances are joined although one would do.
            random: decides where to cut.
        """
        if not self._corpus.utterances[index].words:
            return self.whole(index)
        for _ in range(_TRIES):
            runs = self._runs(index, words, joined, random)
            if self._allowed(runs):
                return self.join(runs)
        return self.join([self._cut(index, 1, random)])

    def whole(self, index: int) -> Excerpt:
        """The utterance as it is."""
        each = self._corpus.utterances[index]
        return Excerpt(self._corpus.spectrogram(index), each.language, each.text, each.english)

    def join(self, runs: Sequence[Run]) -> Excerpt:
        """Runs of one language, one after the other."""
        pieces, segments, offset = list[Spectrogram](), list[Segment](), 0
        for run in runs:
            words = self._utterance(run).words[run.first : run.last + 1]
            left, right = words[0].left, words[-1].right
            pieces.append(self._corpus.spectrogram(run.index)[:, left:right])
            segments += [_segment(word, offset - left) for word in words]
            offset += right - left
        spoken = [word for run in runs for word in self._words(run)]
        english = [word.english for word in spoken]
        return Excerpt(
            np.concatenate(pieces, axis=1),
            self._utterance(runs[0]).language,
            _sentence(spoken),
            None if None in english else " ".join(str(word) for word in english),
            tuple(segments),
        )

    def _runs(self, index: int, words: int, joined: float, random: np.random.Generator) -> list[Run]:
        first = words if words < 2 or random.random() >= joined else int(random.integers(1, words))
        runs = [self._cut(index, first, random)]
        missing = words - len(self._words(runs[0]))
        if missing > 0:
            others = self._by_speaker[self._utterance(runs[0]).speaker]
            runs.append(self._cut(others[random.integers(len(others))], missing, random))
        return runs

    def _cut(self, index: int, words: int, random: np.random.Generator) -> Run:
        available = len(self._corpus.utterances[index].words)
        length = min(words, available)
        first = int(random.integers(available - length + 1))
        return Run(index, first, first + length - 1)

    def _allowed(self, runs: Sequence[Run]) -> bool:
        spoken = [word for run in runs for word in self._words(run)]
        frames = sum(self._words(run)[-1].right - self._words(run)[0].left for run in runs)
        if frames > self._longest:
            return False
        return len(spoken) < 2 or not self._reserved(self._utterance(runs[0]).language, _sentence(spoken))

    def _utterance(self, run: Run) -> Utterance:
        return self._corpus.utterances[run.index]

    def _words(self, run: Run) -> tuple[Word, ...]:
        return self._utterance(run).words[run.first : run.last + 1]


def _sentence(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def _segment(word: Word, shift: int) -> Segment:
    start, end = word.start + shift, word.end + shift
    return Segment(start=start / FRAMES_PER_SECOND, end=end / FRAMES_PER_SECOND, text=word.text)
