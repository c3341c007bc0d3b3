"""What a trained CLIP is measured on: unseen styles, unseen concepts, retrieval, each beside chance.

Which parts of the corpus these are is said in params.yaml, so that a corpus of one's own is measured
likewise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import torch
from pydantic import Field
from torch import Tensor

from stages.core.errors import BadConfigError
from stages.core.evaluation import Evaluation
from stages.core.params import Params
from stages.core.reader import Shards
from stages.core.records import Record
from stages.core.seeds import generator
from stages.systems.clip import pictures, zero_shot
from stages.systems.clip.model import Clip
from stages.systems.clip.pairs import read_picture
from stages.systems.clip.tokenizer import Tokenizer

_TOPS = (1, 5)
_RECALLS = (1, 10)
_EXAMPLES = 24  # rows of the table and cells of the gallery
_SHOWN = 5  # guesses of an example
_NEIGHBOUR_SIDE = 10  # pixels of the thumbnails of the pixel baseline


class PartParams(Params):
    """A held-out part of the corpus: a split, and the sources within it (all by default)."""

    split: str
    sources: tuple[str, ...] = ()


class ZeroShotParams(PartParams):
    """A classification set.

    Attributes:
        classes: `seen` are the concepts of `evaluation.named_by` in training; `own` are those of the set.
    """

    classes: Literal["seen", "own"]


class RetrievalParams(PartParams):
    """A retrieval set, of at most `size` pairs drawn by the seed."""

    size: int = Field(default=500, ge=2)


class EvaluationParams(Params):
    """`systems.clip.evaluation` in params.yaml.

    Attributes:
        named_by: training sources whose concepts are the classes called `seen`.
        zero_shot: classification sets by name; the first one is shown in figures and tables.
        retrieval: retrieval sets by name.
    """

    named_by: tuple[str, ...]
    zero_shot: Mapping[str, ZeroShotParams] = Field(min_length=1)
    retrieval: Mapping[str, RetrievalParams]


@dataclass(frozen=True)
class Part:
    """A part of the corpus, decoded and encoded: records, uint8 images [I, 3, S, S], features [I, E]."""

    records: Sequence[Record]
    images: Tensor
    features: Tensor


@dataclass(frozen=True)
class Outcome:
    """A classification set's result: its part, class names, scores [I, C], answers [I], ranks [I]."""

    part: Part
    names: Sequence[str]
    scores: Tensor
    answers: Tensor
    ranks: Tensor


class Evaluator:
    """Measures one model on the parts of one corpus.

    Args:
        model: in evaluation mode, on `device`.
        tokenizer: the model's.
        corpus: all splits.
        params: which parts.
        size: pixels of a side that the model sees.
        seed: the root seed.
        device: where the model is.
    """

    def __init__(
        self,
        model: Clip,
        tokenizer: Tokenizer,
        corpus: Shards,
        params: EvaluationParams,
        *,
        size: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self.model, self.tokenizer, self.corpus, self.params = model, tokenizer, corpus, params
        self.size, self.seed, self.device = size, seed, device

    def run(self) -> Evaluation:
        """All sets, with figures and a table of the first classification set.

        Raises:
            BadConfigError: a set of params.yaml has no samples in the corpus.
        """
        seen = self.part(PartParams(split="train", sources=self.params.named_by), "named_by")
        outcomes = {name: self.classify(each, name, seen) for name, each in self.params.zero_shot.items()}
        metrics: dict[str, float] = {}
        for name, outcome in outcomes.items():
            metrics |= {f"{name}/{key}": value for key, value in classification_metrics(outcome).items()}
        metrics["zero_shot/least_gain_over_chance"] = min(
            metrics[f"{name}/top1_low"] / metrics[f"{name}/top1_chance"] for name in outcomes
        )
        for name, each in self.params.retrieval.items():
            metrics |= {f"{name}/{key}": value for key, value in self.retrieve(each, name).items()}
        first = next(iter(outcomes.values()))
        metrics |= {
            f"{next(iter(outcomes))}/{key}": value for key, value in pixel_baseline(first, seen).items()
        }
        table, chosen = self._examples(first)
        figures = {
            "ranks": pictures.rank_curves(
                {name: (each.ranks, len(each.names)) for name, each in outcomes.items()}
            ),
            "gallery": pictures.gallery(first.part.images[chosen], table),
        }
        return Evaluation(metrics, figures, {"examples": table})

    def part(self, params: PartParams, name: str) -> Part:
        """Read, decode and encode a part.

        Raises:
            BadConfigError: there are no such samples.
        """
        shards = self.corpus.select(split=params.split, source=params.sources or None)
        if not len(shards):
            raise BadConfigError(
                f"systems.clip.evaluation: '{name}' asks for split '{params.split}' of "
                f"{', '.join(params.sources) or 'all sources'}, and {self.corpus.root} has none"
            )
        samples = sorted(shards, key=lambda sample: sample.key)
        images = torch.stack([read_picture(sample, self.size) for sample in samples])
        features = zero_shot.image_features(self.model, images, self.device)
        return Part([sample.record for sample in samples], images, features)

    def classify(self, params: ZeroShotParams, name: str, seen: Part) -> Outcome:
        """Tell a part's concepts apart by their names; images of concepts that are no class are left out.

        Raises:
            BadConfigError: there are no such samples, or none of a class.
        """
        whole = self.part(params, name)
        classes = concept_names(seen if params.classes == "seen" else whole)
        numbers = {group: number for number, group in enumerate(classes)}
        inside = [row for row, record in enumerate(whole.records) if record.group in numbers]
        if not inside:
            raise BadConfigError(f"systems.clip.evaluation.zero_shot.{name}: no image is of a known class")
        part = Part([whole.records[row] for row in inside], whole.images[inside], whole.features[inside])
        names = list(classes.values())
        scores = part.features @ zero_shot.classifier(self.model, self.tokenizer, names, self.device).T
        answers = torch.tensor([numbers[record.group] for record in part.records])
        return Outcome(part, names, scores, answers, zero_shot.answer_ranks(scores, answers))

    def retrieve(self, params: RetrievalParams, name: str) -> dict[str, float]:
        """Find captions by images and images by captions; equal captions are all hits."""
        part = self.part(params, name)
        order = generator(self.seed, "clip", "retrieval", name).permutation(len(part.records))
        rows = sorted(order[: params.size].tolist())
        texts = [part.records[row].text for row in rows]
        features = zero_shot.text_features(self.model, self.tokenizer, texts, self.device)
        scores = part.features[rows] @ features.T
        is_match = torch.tensor([[one == other for other in texts] for one in texts])
        metrics: dict[str, float] = {"retrieval_pairs": len(rows)}
        for k in _RECALLS:
            image_to_text = zero_shot.retrieval_ranks(scores, is_match)
            text_to_image = zero_shot.retrieval_ranks(scores.T, is_match)
            metrics[f"image_to_text_r{k}"] = zero_shot.share_within(image_to_text, k)
            metrics[f"text_to_image_r{k}"] = zero_shot.share_within(text_to_image, k)
            metrics[f"r{k}_chance"] = zero_shot.chance_within(is_match.sum(dim=1), len(rows), k)
        return metrics

    def _examples(self, outcome: Outcome) -> tuple[pd.DataFrame, list[int]]:
        """Some images with their captions and first guesses, drawn by the seed."""
        order = generator(self.seed, "clip", "examples").permutation(len(outcome.answers))
        chosen = sorted(order[:_EXAMPLES].tolist())
        guesses = outcome.scores.topk(min(_SHOWN, len(outcome.names)), dim=1).indices
        rows = [
            {
                "key": outcome.part.records[row].key,
                "caption": outcome.names[int(outcome.answers[row])],
                "rank": int(outcome.ranks[row]) + 1,
                "guesses": "; ".join(outcome.names[number] for number in guesses[row].tolist()),
            }
            for row in chosen
        ]
        return pd.DataFrame(rows), chosen


def concept_names(part: Part) -> dict[str, str]:
    """The name of each concept, by group and in its order: the caption of its first sample."""
    names: dict[str, str] = {}
    for record in part.records:
        names.setdefault(record.group, record.text)
    return dict(sorted(names.items()))


def classification_metrics(outcome: Outcome) -> dict[str, float]:
    """Top-k accuracies beside chance, and the lower end of the first one's 95 % interval."""
    count, classes = len(outcome.ranks), len(outcome.names)
    metrics: dict[str, float] = {"images": count, "classes": classes}
    for k in _TOPS:
        metrics[f"top{k}"] = zero_shot.share_within(outcome.ranks, k)
        metrics[f"top{k}_chance"] = min(1.0, k / classes)
    metrics["top1_low"] = zero_shot.lower_bound(metrics["top1"], count)
    return metrics


def pixel_baseline(outcome: Outcome, seen: Part) -> dict[str, float]:
    """What comparing thumbnails with all training pictures would give, without any learning.

    It needs the training pictures at hand, and has no use for a concept's name: nearest in squared distance.
    """
    classes = {group: number for number, group in enumerate(concept_names(seen))}
    known = torch.tensor([classes[record.group] for record in seen.records])
    ours, theirs = _thumbnails(outcome.part.images), _thumbnails(seen.images)
    nearest = known[torch.cdist(ours, theirs).argmin(dim=1)]
    right = [
        list(classes)[int(number)] == record.group
        for number, record in zip(nearest, outcome.part.records, strict=True)
    ]
    return {"top1_pixel_neighbour": sum(right) / len(right)}


def _thumbnails(images: Tensor) -> Tensor:
    """Uint8 [I, 3, S, S] to float32 [I, pixels]."""
    small = torch.nn.functional.adaptive_avg_pool2d(images.float(), _NEIGHBOUR_SIDE)
    return small.flatten(1)
