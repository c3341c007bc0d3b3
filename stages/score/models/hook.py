"""Functions of yours that score pictures: safety, watermarks, faces.

None is built in, since a model for each comes with weights and a licence that you choose. What a function
returns is checked before it enters the table.
"""

import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import numpy.typing as npt

from stages.core.errors import BadConfigError
from stages.score.params import Hook
from stages.score.subjects import Picture

_BOUNDS = {"nsfw": (0.0, 1.0), "watermark": (0.0, 1.0), "faces": (0.0, 1e6)}  # by column
_DIGITS = 6

Function = Callable[[Sequence[npt.NDArray[np.uint8]]], Iterable[float]]


class HookModel:
    """Fills one column by a function of yours.

    Args:
        column: `nsfw`, `watermark` or `faces`.
        hook: where the function is, and how large its pictures may be.

    Raises:
        BadConfigError: it cannot be imported, or is no function.
    """

    looks_at = Picture

    def __init__(self, column: str, hook: Hook) -> None:
        self._column, self._hook = column, hook
        self._function = _import(column, hook.function)

    def __call__(self, subjects: Sequence[Picture], _texts: Sequence[str]) -> list[Mapping[str, Any]]:
        """Scores to 6 digits.

        Raises:
            BadConfigError: the function returned something else than a number within bounds per picture.
        """
        pictures = [_reduced(picture, self._hook.side) for picture in subjects]
        returned = list(self._function(pictures))
        low, high = _BOUNDS[self._column]
        try:
            scores = [round(float(score), _DIGITS) for score in returned]
        except (TypeError, ValueError, OverflowError):
            scores = []
        if len(scores) != len(pictures) or not all(low <= score <= high for score in scores):
            raise BadConfigError(
                f"score.models.{self._column}: {self._hook.function} must return a number from {low:g} to "
                f"{high:g} for each of {len(pictures)} pictures; it returned {len(returned)}: {returned[:5]}"
            )
        return [{self._column: score} for score in scores]


def source_file(column: str, hook: Hook) -> Path:
    """The file in which a hook's function stands.

    Raises:
        BadConfigError: it cannot be imported, or is no function.
    """
    return Path(inspect.getfile(_import(column, hook.function)))


def _import(column: str, path: str) -> Function:
    module, _, name = path.partition(":")
    try:
        function: Any = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise BadConfigError(f"score.models.{column}.function: {path} cannot be imported: {error}") from error
    if not isinstance(function, FunctionType):
        raise BadConfigError(f"score.models.{column}.function: {path} is no function of Python")
    return function


def _reduced(picture: Picture, side: int) -> npt.NDArray[np.uint8]:
    """uint8 [height, width, RGB], neither side above `side`; read-only, as measures share it."""
    if max(picture.image.size) <= side:
        return picture.pixels
    image = picture.image.copy()
    image.thumbnail((side, side))
    return np.asarray(image)
