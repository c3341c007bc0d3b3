"""What a training step sees: a pure function of the seed and the step.

Strings grow with training: single words first, then more. All excerpts of a step have about as many words, so
that the window of a step, and its cost, is that of its longest excerpt.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from pydantic import Field, model_validator

from stages.core import seeds
from stages.core.errors import BadConfigError, BadDataError
from stages.core.learner import Batch
from stages.core.order import Order
from stages.core.params import Params
from stages.core.records import Name, Segment
from stages.core.reserved import is_reserved
from stages.systems.whisper import mel, targets
from stages.systems.whisper.augment import Augment, augment
from stages.systems.whisper.corpus import Corpus, Spectrogram
from stages.systems.whisper.excerpts import Excerpt, Excerpts
from stages.systems.whisper.presets import Dimensions
from stages.systems.whisper.special import Task
from stages.systems.whisper.targets import Target
from stages.systems.whisper.tokenizer import Tokenizer

_HUSH = -3.0  # log10 of the power of a window without speech, before augmentation: a quiet room
_HUSH_FRAMES = (20, 100)


class Phase(Params):
    """A part of the run: until this fraction of its steps, excerpts of at most so many words."""

    until: float = Field(gt=0, le=1)
    words: int = Field(ge=1)


class Curriculum(Params):
    """`systems.whisper.curriculum` in params.yaml.

    Attributes:
        phases: in order; the last reaches to 1.
        sources: the sources of the corpus that steps draw from, with their weights.
        joined: probability that runs of two utterances are joined.
        translate: share of samples whose task is to translate into English, where a translation is known.
        timed: share of samples with timestamps, where times are known.
        silent: share of samples without speech.
        whole_window: share of steps that are padded to the model's whole window, as inference is.
    """

    phases: tuple[Phase, ...]
    sources: dict[Name, float] = Field(min_length=1)
    joined: float = Field(ge=0, le=1)
    translate: float = Field(ge=0, le=1)
    timed: float = Field(ge=0, le=1)
    silent: float = Field(ge=0, le=1)
    whole_window: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        ends = [phase.until for phase in self.phases]
        if not ends or ends != sorted(ends) or ends[-1] != 1:
            raise ValueError(f"phases: `until` has to rise to 1, found {ends}")
        if min(self.sources.values()) < 0 or sum(self.sources.values()) <= 0:
            raise ValueError(f"sources: weights have to be positive, found {self.sources}")
        return self

    def words(self, progress: float) -> int:
        """The longest excerpt after this fraction of the run."""
        return next(phase.words for phase in self.phases if progress < phase.until)


@dataclass(frozen=True)
class Plan:
    """What all samples of a step share.

    Attributes:
        source: where they come from.
        words: how many they aim at.
        whole_window: whether they are padded to the model's whole window.
    """

    source: str
    words: int
    whole_window: bool


class Batches:
    """Batches by step.

    Args:
        corpora: training utterances by source.
        held_out: (language, text) pairs that may not be trained on, besides those that are reserved.
        curriculum: what is drawn.
        limits: how it is varied.
        tokenizer: of the targets.
        dims: of the model.
        seed: the root seed.

    Raises:
        BadDataError: a source is empty.
    """

    def __init__(
        self,
        corpora: Mapping[str, Corpus],
        held_out: AbstractSet[tuple[str, str]],
        *,
        curriculum: Curriculum,
        limits: Augment,
        tokenizer: Tokenizer,
        dims: Dimensions,
        seed: int,
    ) -> None:
        for name, corpus in corpora.items():
            if not len(corpus):
                raise BadDataError(
                    f"speech: no training sample of source '{name}' fits; see the filter's funnel"
                )
        self._curriculum, self._limits, self._seed = curriculum, limits, seed
        self._tokenizer, self._dims = tokenizer, dims

        def forbidden(language: str, text: str) -> bool:
            return is_reserved(language, text) or (language, text) in held_out

        self._excerpts = {name: Excerpts(corpus, forbidden, dims.frames) for name, corpus in corpora.items()}
        self._orders = {
            name: Order(len(corpus), seeds.fold(seed, "whisper", "order", name))
            for name, corpus in corpora.items()
        }

    def at(self, step: int, steps: int, *, size: int, accumulate: int, rank: int, world: int) -> list[Batch]:
        """One rank's micro-batches of a step: mel float32 [B, M, F], tokens and labels int64 [B, N].

        Args:
            step: from 0.
            steps: of the whole run.
            size: samples of the step, over all ranks and micro-batches.
            accumulate: micro-batches.
            rank: of `world` ranks.
            world: number of ranks.

        Raises:
            BadConfigError: the samples cannot be shared out evenly.
        """
        share, rest = divmod(size, world * accumulate)
        if rest:
            raise BadConfigError(
                f"systems.whisper.recipe.batch_size: {size} is no multiple of {world} ranks x {accumulate} "
                "micro-batches"
            )
        plan = self.plan(step, step / steps)
        first = step * size + rank * accumulate * share
        starts = range(first, first + accumulate * share, share)
        return [self._micro_batch(plan, range(start, start + share)) for start in starts]

    def plan(self, step: int, progress: float) -> Plan:
        """What the samples of a step share."""
        random = seeds.generator(self._seed, "whisper", "plan", step)
        names = list(self._curriculum.sources)
        weights = np.array([self._curriculum.sources[name] for name in names])
        source = names[random.choice(len(names), p=weights / weights.sum())]
        words = int(random.integers(1, self._curriculum.words(progress) + 1))
        return Plan(source, words, bool(random.random() < self._curriculum.whole_window))

    def _micro_batch(self, plan: Plan, positions: Sequence[int]) -> Batch:
        samples = [self._sample(plan, position) for position in positions]
        longest = max(spectrogram.shape[1] for spectrogram, _ in samples)
        unit = self._dims.strides[0] * self._dims.strides[1]
        frames = self._dims.frames if plan.whole_window else -(-longest // unit) * unit
        window = np.full((len(samples), self._dims.n_mels, frames), mel.SILENCE, np.float32)
        for row, (spectrogram, _) in enumerate(samples):
            window[row, :, : spectrogram.shape[1]] = spectrogram
        tokens, labels = targets.collate(
            [target for _, target in samples], self._tokenizer.special.end_of_text
        )
        return {"mel": mel.normalise(torch.from_numpy(window)), "tokens": tokens, "labels": labels}

    def _sample(self, plan: Plan, position: int) -> tuple[Spectrogram, Target]:
        random = seeds.generator(self._seed, "whisper", "augment", position)
        if random.random() < self._curriculum.silent:
            shape = (self._dims.n_mels, int(random.integers(*_HUSH_FRAMES)))
            hush = np.full(shape, _HUSH, np.float32)
            return augment(hush, self._limits, self._dims.frames, random), targets.silence(self._tokenizer)
        index = self._orders[plan.source][position]
        excerpt = self._excerpts[plan.source].draw(index, plan.words, self._curriculum.joined, random)
        spectrogram = augment(excerpt.mel, self._limits, self._dims.frames, random)
        scale = spectrogram.shape[1] / excerpt.mel.shape[1]
        return spectrogram, self._target(excerpt, scale, random)

    def _target(self, excerpt: Excerpt, scale: float, random: np.random.Generator) -> Target:
        translatable = excerpt.english is not None and excerpt.language != "en"
        chosen = random.random() < self._curriculum.translate
        translated = translatable and (chosen or not excerpt.text)  # the transcript may not be known
        timed = random.random() < self._curriculum.timed
        text = str(excerpt.english) if translated else excerpt.text
        task: Task = "translate" if translated else "transcribe"
        segments = _rescaled(excerpt.segments, text, scale)
        if timed and segments:
            return targets.timed(
                self._tokenizer, segments, excerpt.language, window=self._dims.seconds, task=task
            )
        return targets.plain(self._tokenizer, text, excerpt.language, task)


def _rescaled(segments: Sequence[Segment], text: str, scale: float) -> list[Segment]:
    """Segments after a change of tempo, with the words of `text`; none if their numbers differ."""
    words = text.split()
    if len(words) != len(segments):
        return []
    return [
        Segment(start=each.start * scale, end=each.end * scale, text=word)
        for each, word in zip(segments, words, strict=True)
    ]
