"""Whisper as the pipeline runs it: its parameters, its batches, its loss."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from stages.core import seeds
from stages.core.evaluation import Claim, Evaluation
from stages.core.learner import Batch, Learner, Recipe
from stages.core.params import Params
from stages.core.reader import Shards
from stages.systems.whisper import evaluation, targets
from stages.systems.whisper.augment import Augment
from stages.systems.whisper.batches import Batches, Curriculum
from stages.systems.whisper.claims import CLAIMS
from stages.systems.whisper.corpus import Corpus
from stages.systems.whisper.model import Whisper, initialise, load_weights
from stages.systems.whisper.presets import PRESETS, Dimensions, PresetName
from stages.systems.whisper.tokenizer import Tokenizer


class WhisperParams(Params):
    """`systems.whisper` in params.yaml.

    Attributes:
        preset: the size; the published ones have the published vocabulary.
        recipe: the optimiser's.
        vocabulary: size of the text vocabulary that `sample` learns, its 256 bytes included.
        position_scale: amplitude of the encoder's sinusoids at the start.
        label_smoothing: probability mass given to all tokens alike.
        curriculum: what a step draws.
        augment: how excerpts are varied.
    """

    preset: PresetName
    recipe: Recipe
    vocabulary: int = Field(ge=256)
    position_scale: float = Field(gt=0)
    label_smoothing: float = Field(ge=0, lt=1)
    curriculum: Curriculum
    augment: Augment


class System:
    """One encoder-decoder that transcribes, translates and identifies languages."""

    Params: ClassVar[type[Params]] = WhisperParams
    claims: ClassVar[tuple[Claim, ...]] = CLAIMS
    corpora: ClassVar[tuple[str, ...]] = ("speech",)

    def __init__(self, params: WhisperParams, seed: int, shards: Path) -> None:
        self.params = params
        self._seed = seed
        self._shards = shards

    @property
    def steps(self) -> int:
        """Optimiser steps of a whole run."""
        return self.params.recipe.steps

    @cached_property
    def speech(self) -> Shards:
        """All pairs of the corpus."""
        return Shards(self._shards / "speech")

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The published one, or for `sample` one learned from the training transcripts and translations."""
        if self.params.preset != "sample":
            return Tokenizer.published(PRESETS[self.params.preset].n_vocab)
        sources = list(self.params.curriculum.sources)
        records = [sample.record for sample in self.speech.select(split="train", source=sources)]
        texts = [" " + text for each in records for text in (each.text, each.translation) if text]
        languages = {each.language for each in records}
        return Tokenizer.train(texts, languages, self.params.vocabulary, PRESETS[self.params.preset].seconds)

    @cached_property
    def dims(self) -> Dimensions:
        """The model's shape."""
        return PRESETS[self.params.preset].with_vocabulary(self.tokenizer.size)

    @cached_property
    def _batches(self) -> Batches:
        train = self.speech.select(split="train")
        corpora = {
            name: Corpus(train.select(source=name), self.dims.n_mels, self.dims.seconds)
            for name in self.params.curriculum.sources
        }
        held_out = {
            (record.language, record.text)
            for record in (sample.record for sample in self.speech.select(split=evaluation.STRINGS))
        }
        return Batches(
            corpora,
            held_out,
            curriculum=self.params.curriculum,
            limits=self.params.augment,
            tokenizer=self.tokenizer,
            dims=self.dims,
            seed=self._seed,
        )

    def init(self, device: torch.device) -> Learner:
        """A model with random weights, the same for the same seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seeds.fold(self._seed, "whisper", "init"))
            model = Whisper(self.dims)
            initialise(model, self.params.position_scale)
        return Learner(model, self.params.recipe, device)

    def batch(self, step: int, rank: int = 0, world: int = 1) -> list[Batch]:
        """The micro-batches of a step: mel [B, M, F], tokens and labels [B, N]."""
        recipe = self.params.recipe
        return self._batches.at(
            step,
            recipe.steps,
            size=recipe.batch_size,
            accumulate=recipe.accumulate,
            rank=rank,
            world=world,
        )

    def step(self, state: Learner, batch: list[Batch]) -> Mapping[str, float]:
        """One optimiser step."""
        return state.update(self.loss, batch)

    def loss(self, module: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of all predicted tokens, and the share of the text's that are right."""
        logits = module(batch["mel"], batch["tokens"])
        labels = batch["labels"]
        loss = F.cross_entropy(
            logits.flatten(0, 1),
            labels.flatten(),
            ignore_index=targets.IGNORED,
            label_smoothing=self.params.label_smoothing,
        )
        text = (labels != targets.IGNORED) & (labels < self.tokenizer.special.first)
        right = (logits.argmax(dim=-1) == labels) & text
        return loss, {"accuracy": right.sum() / text.sum().clamp(min=1)}

    def config(self) -> dict[str, Any]:
        """The model's shape and its vocabulary."""
        return {
            "preset": self.params.preset,
            "dimensions": self.dims.to_json(),
            "tokenizer": self.tokenizer.to_json(),
        }

    def evaluate(self, tensors: Mapping[str, Tensor], device: torch.device) -> Evaluation:
        """Measure published weights on the held-out splits of the corpus.

        Raises:
            BadDataError: the weights are not this model's.
        """
        model = Whisper(self.dims)
        load_weights(model, tensors)
        listener = evaluation.Listener(model, self.tokenizer, device)
        return evaluation.evaluate(listener, self.speech, self._seed)
