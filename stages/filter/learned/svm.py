"""A support vector machine with a radial kernel, as plain tensors: nothing is unpickled to ask it.

Source: Nichol et al., "GLIDE: Towards Photorealistic Image Generation and Editing with Text-Guided Diffusion
Models", 2021, appendix F.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from stages.core.errors import BadDataError
from stages.core.files import replacing
from stages.filter.learned.embeddings import Matrix

_ROWS = 1024  # scored at once, so that the kernel's matrix stays small


@dataclass(frozen=True)
class Svm:
    """score(x) = sum over i of weights[i] exp(-gamma |x - support[i]|^2) + bias; unwanted from 0 on.

    Attributes:
        support: float64 [vectors, width].
        weights: float64 [vectors], positive for the unwanted.
        gamma: inverse square of the kernel's width.
        bias: lowered until almost nothing unwanted is missed, which means: it grows.
    """

    support: Matrix
    weights: Matrix
    gamma: float
    bias: float

    @property
    def width(self) -> int:
        """Numbers of an embedding."""
        return int(self.support.shape[1])

    def score(self, embeddings: Matrix) -> Matrix:
        """Signed distances from the border, in the kernel's own unit.

        Args:
            embeddings: float64 [rows, width].

        Returns:
            float64 [rows]; unwanted from 0 on.
        """
        parts = [self._score(embeddings[start : start + _ROWS]) for start in range(0, len(embeddings), _ROWS)]
        return np.concatenate([np.zeros(0), *parts])

    def _score(self, rows: Matrix) -> Matrix:
        squares = np.square(rows).sum(axis=1)[:, None] + np.square(self.support).sum(axis=1)
        distances = np.maximum(squares - 2 * rows @ self.support.T, 0)  # [rows, vectors]
        scores: Matrix = np.exp(-self.gamma * distances) @ self.weights + self.bias
        return scores

    def save(self, path: Path) -> None:
        """Write it as safetensors.

        Raises:
            TryAgainError: the disk is full.
        """
        tensors = {
            "support": np.ascontiguousarray(self.support),
            "weights": np.ascontiguousarray(self.weights),
            "gamma": np.array([self.gamma]),
            "bias": np.array([self.bias]),
        }
        with replacing(path) as part:
            save_file(tensors, part)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            BadDataError: it is no such file.
        """
        try:
            found = load_file(path)
            return cls(found["support"], found["weights"], float(found["gamma"][0]), float(found["bias"][0]))
        except (KeyError, SafetensorError) as error:
            raise BadDataError(
                f"{path}: no classifier ({error}); `python -m stages.filter.fit classifier`"
            ) from error
