"""Trained models and functions of yours that look at samples, each only if params.yaml names it.

A model sees the samples of a shard batch by batch, in the order of the tar, and fills its columns; samples of
the other kind, or with an error, pass it by.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from stages.score.models.clip import ClipModel
from stages.score.models.hook import HookModel
from stages.score.models.spoken_language import SpokenLanguageModel
from stages.score.params import Models
from stages.score.sample import Scored
from stages.score.subjects import Picture, Sound


class Model(Protocol):
    """Something that fills columns for a batch of sounds or of pictures."""

    @property
    def looks_at(self) -> type[Sound] | type[Picture]:
        """What it is shown."""
        ...

    def __call__(self, subjects: Sequence[Any], texts: Sequence[str], /) -> Sequence[Mapping[str, Any]]:
        """One mapping of columns for each subject, in their order."""
        ...


@cache
def load(models: Models) -> tuple[Model, ...]:
    """What params.yaml names, loaded once per process.

    Raises:
        BadConfigError: a function cannot be imported, or is none.
        BadDataError: a folder with weights is missing or damaged.
    """
    trained: list[Model] = []
    if models.clip:
        trained.append(ClipModel(models.clip, models.clip_crops))
    if models.whisper:
        trained.append(SpokenLanguageModel(models.whisper))
    functions = (HookModel(column, hook) for column, hook in models.hooks().items())
    return (*trained, *functions)


def look(models: Sequence[Model], batch: Sequence[Scored]) -> None:
    """Let models fill their columns in the rows of a batch."""
    for model in models:
        seen = [one for one in batch if isinstance(one.subject, model.looks_at)]
        if not seen:
            continue
        filled = model([one.subject for one in seen], [one.row["text"] for one in seen])
        for one, columns in zip(seen, filled, strict=True):
            one.row.update(columns)
