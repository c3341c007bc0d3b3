"""CLIP as a system of the pipeline: how it starts, takes a step and is measured."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import torch
from pydantic import field_validator
from torch import Tensor, nn

from stages.core import params as core_params
from stages.core.errors import BadConfigError, BadDataError
from stages.core.evaluation import Claim, Evaluation
from stages.core.learner import Batch, Learner, Recipe
from stages.core.reader import Shards
from stages.core.seeds import fold, generator
from stages.systems.clip.claims import CLAIMS
from stages.systems.clip.evaluation import EvaluationParams, Evaluator
from stages.systems.clip.loss import contrastive_loss
from stages.systems.clip.model import Clip
from stages.systems.clip.pairs import CaptionParams, Pictures, TrainingPairs
from stages.systems.clip.preprocess import Augmentation, change, draw, normalise, stored_size
from stages.systems.clip.presets import PRESETS, Architecture
from stages.systems.clip.tokenizer import Tokenizer, learn_merges


class ClipParams(core_params.Params):
    """`systems.clip` in params.yaml.

    Attributes:
        preset: a size of presets.py.
        sources: training sources; all by default.
        recipe: how it is trained. Negatives are those of a micro-batch over all ranks.
        captions: how a caption is drawn for a picture.
        augmentation: how pictures vary.
        evaluation: what it is measured on.
    """

    preset: str
    sources: tuple[str, ...] = ()
    recipe: Recipe
    captions: CaptionParams = CaptionParams()
    augmentation: Augmentation = Augmentation()
    evaluation: EvaluationParams

    @field_validator("preset")
    @classmethod
    def _is_known(cls, preset: str) -> str:
        if preset not in PRESETS:
            raise ValueError(f"no such preset; there are: {', '.join(PRESETS)}")
        return preset


class System:
    """CLIP on the corpus `images`.

    Args:
        params: checked parameters.
        seed: the root seed.
        shards: the folder with the corpora.
    """

    Params: ClassVar[type[core_params.Params]] = ClipParams
    claims: ClassVar[tuple[Claim, ...]] = CLAIMS
    corpora: ClassVar[tuple[str, ...]] = ("images",)

    def __init__(self, params: ClipParams, seed: int, shards: Path) -> None:
        self.params = params
        self.seed = seed
        self._corpus = Shards(shards / self.corpora[0])

    @property
    def steps(self) -> int:
        """How many steps a whole run takes."""
        return self.params.recipe.steps

    @property
    def architecture(self) -> Architecture:
        """The preset's sizes."""
        return PRESETS[self.params.preset]

    @cached_property
    def pairs(self) -> TrainingPairs:
        """The training split, by concept."""
        training = self._corpus.select(split="train", source=self.params.sources or None)
        return TrainingPairs(training, self.params.captions, self.seed)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """Learned from the training captions: a function of the shards, and the same in every process."""
        text = self.architecture.text
        return Tokenizer(learn_merges(self.pairs.captions(), text.vocabulary), text.vocabulary, text.context)

    @cached_property
    def _pictures(self) -> Pictures:
        return Pictures(self.pairs.shards, stored_size(self.architecture.image_size))

    def init(self, device: torch.device) -> Learner:
        """The initial weights, drawn on the CPU by the seed, and a fresh optimiser."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(fold(self.seed, "clip", "init"))
            model = Clip(self.architecture)
        return Learner(model, self.params.recipe, device)

    def batch(self, step: int, rank: int = 0, world: int = 1) -> Sequence[Batch]:
        """This rank's micro-batches: `images` uint8 [B, 3, S, S] and `tokens` int64 [B, N].

        The whole batch is drawn and cut into equal parts, so that it is the same for any number of ranks.

        Raises:
            BadConfigError: the batch cannot be cut, or has more rows than there are concepts.
        """
        size, parts = self.params.recipe.batch_size, world * self.params.recipe.accumulate
        if size % parts:
            raise BadConfigError(
                f"systems.clip.recipe.batch_size: {size} is no multiple of {world} ranks x "
                f"{self.params.recipe.accumulate} micro-batches"
            )
        picks = self.pairs.picks(step, size)
        changes = draw(self.params.augmentation, size, generator(self.seed, "clip", "augment", step))
        share = size // parts
        batches = []
        for part in range(rank * self.params.recipe.accumulate, (rank + 1) * self.params.recipe.accumulate):
            start, stop = part * share, (part + 1) * share
            images = self._pictures([pick.key for pick in picks[start:stop]])
            images = change(images, changes.rows(start, stop), self.architecture.image_size)
            tokens = self.tokenizer([pick.caption for pick in picks[start:stop]])
            batches.append({"images": images, "tokens": tokens})
        return batches

    def loss(self, module: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The contrastive loss of a micro-batch, and what is recorded beside it."""
        images, texts, scale = module(normalise(batch["images"]), batch["tokens"])
        loss, right = contrastive_loss(images, texts, scale)
        return loss, {"batch_accuracy": right, "logit_scale": scale.detach()}

    def step(self, state: Learner, batch: Sequence[Batch]) -> Mapping[str, float]:
        """One optimiser step."""
        return state.update(self.loss, batch)

    def config(self) -> dict[str, Any]:
        """The sizes and the tokenizer's merges."""
        return {
            "preset": self.params.preset,
            "architecture": self.architecture.model_dump(mode="json"),
            "merges": [" ".join(pair) for pair in self.tokenizer.merges],
        }

    def evaluate(self, tensors: Mapping[str, Tensor], device: torch.device) -> Evaluation:
        """Measure published weights on the held-out parts.

        Raises:
            BadDataError: the weights are of another architecture.
        """
        with torch.device("meta"):
            model = Clip(self.architecture)
        model.to_empty(device="cpu")
        try:
            model.load_state_dict(tensors)
        except RuntimeError as error:
            raise BadDataError(f"the weights are not of preset '{self.params.preset}': {error}") from error
        evaluator = Evaluator(
            model.to(device).eval(),
            self.tokenizer,
            self._corpus,
            self.params.evaluation,
            size=self.architecture.image_size,
            seed=self.seed,
            device=device,
        )
        return evaluator.run()
