"""Which picture meets which caption at which step: a pure function of seed and step.

A batch holds a concept at most once. Two pictures of one concept, or one caption given twice, would be
counted as each other's negatives and teach the model to tell equal things apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from stages.core.errors import BadConfigError, BadDataError
from stages.core.order import Order
from stages.core.params import Params
from stages.core.reader import Shards
from stages.core.records import Record, Sample
from stages.core.safety import BadItemError
from stages.core.seeds import fold, generator
from stages.systems.clip.preprocess import square

_KEPT_BYTES = 256 << 20  # of decoded pictures per process; beyond it they are decoded each time
_MOST_TAGS = 3  # of a caption made of tags
IMAGE_FILES = ("png", "jpg", "webp")


class CaptionParams(Params):
    """How a caption is drawn: the record's text, or else some of its tags."""

    text_share: float = Field(default=0.5, ge=0, le=1)


@dataclass(frozen=True)
class Pick:
    """One row of a batch."""

    key: str
    caption: str


class TrainingPairs:
    """The training part of a corpus, by concept.

    Args:
        shards: the samples to learn from.
        params: how captions are drawn.
        seed: the root seed.

    Raises:
        BadDataError: there are no samples.
    """

    def __init__(self, shards: Shards, params: CaptionParams, seed: int) -> None:
        if not len(shards):
            raise BadDataError(f"{shards.root}: no training samples; see what the filter dropped")
        self.shards = shards
        self.params = params
        self.seed = seed

    @cached_property
    def records(self) -> dict[str, Record]:
        """The facts of each sample, by key."""
        return {sample.key: sample.record for sample in self.shards}

    @cached_property
    def concepts(self) -> list[list[str]]:
        """The keys of each concept, concepts and keys in a fixed order."""
        keys: dict[str, list[str]] = {}
        for key, record in sorted(self.records.items()):
            keys.setdefault(record.group, []).append(key)
        return [keys[group] for group in sorted(keys)]

    def captions(self) -> list[str]:
        """All texts and tags, for the tokenizer to learn from."""
        return [text for record in self.records.values() for text in (record.text, *record.tags)]

    def picks(self, step: int, batch_size: int) -> list[Pick]:
        """The rows of a step's batch.

        An epoch is as many whole batches as there are concepts for; a concept whose turn would come in the
        unfinished rest waits for the next epoch, which has another order.

        Raises:
            BadConfigError: there are fewer concepts than rows.
        """
        batches = len(self.concepts) // batch_size
        if not batches:
            raise BadConfigError(
                f"systems.clip.recipe.batch_size: {batch_size} rows need as many different concepts, "
                f"and {self.shards.root} has {len(self.concepts)} to train on"
            )
        epoch, turn = divmod(step, batches)
        order = Order(len(self.concepts), fold(self.seed, "clip", "order", epoch))
        rng = generator(self.seed, "clip", "picks", step)
        used: set[str] = set()
        picks = []
        for row in range(turn * batch_size, (turn + 1) * batch_size):
            keys = self.concepts[order[row]]
            key = keys[int(rng.integers(len(keys)))]
            caption = self._caption(self.records[key], rng)
            if caption in used:
                caption = self.records[key].text
            used.add(caption)
            picks.append(Pick(key, caption))
        return picks

    def _caption(self, record: Record, rng: np.random.Generator) -> str:
        is_text, count = rng.random() < self.params.text_share, int(rng.integers(1, _MOST_TAGS + 1))
        if is_text or not record.tags:
            return record.text
        chosen = rng.permutation(len(record.tags))[:count]
        return ", ".join(record.tags[number] for number in chosen)


class Pictures:
    """Decoded pictures at one size; those that fit into a bound are kept."""

    def __init__(self, shards: Shards, size: int) -> None:
        self._shards = shards
        self._size = size
        self._kept: dict[str, Tensor] = {}
        self._most = _KEPT_BYTES // (3 * size * size)

    def __call__(self, keys: Sequence[str]) -> Tensor:
        """The pictures of these samples, uint8 [B, 3, S, S].

        Raises:
            BadDataError: a sample has no image, or one that does not decode; ingest lets neither pass.
        """
        return torch.stack([self._one(key) for key in keys])

    def _one(self, key: str) -> Tensor:
        if key in self._kept:
            return self._kept[key]
        picture = read_picture(self._shards.sample(key), self._size)
        if len(self._kept) < self._most:
            self._kept[key] = picture
        return picture


def read_picture(sample: Sample, size: int) -> Tensor:
    """A sample's image, squared: uint8 [3, S, S].

    Raises:
        BadDataError: there is none, or it does not decode.
    """
    files = [sample.files[name] for name in IMAGE_FILES if name in sample.files]
    try:
        return square(files[0], size)
    except (IndexError, BadItemError) as error:
        raise BadDataError(f"sample {sample.key}: no readable image; run `dvc repro shard`") from error
