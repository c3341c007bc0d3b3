"""Clusters of a pool's embeddings, and which of them a target set falls into."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from stages.core.errors import BadDataError
from stages.core.files import replacing
from stages.filter.learned.embeddings import Matrix

_ROWS = 1024  # compared at once with all centroids


@dataclass(frozen=True)
class Clusters:
    """Centroids, and which of them are near to something of the target set.

    Attributes:
        centroids: float64 [clusters, width], of unit length.
        targeted: bool [clusters].
    """

    centroids: Matrix
    targeted: npt.NDArray[np.bool_]

    @property
    def width(self) -> int:
        """Numbers of an embedding."""
        return int(self.centroids.shape[1])

    def nearest(self, embeddings: Matrix) -> npt.NDArray[np.intp]:
        """The cluster of each row: that of the largest inner product, the first on a tie."""
        return nearest(embeddings, self.centroids)

    def save(self, path: Path) -> None:
        """Write it as safetensors.

        Raises:
            TryAgainError: the disk is full.
        """
        tensors = {"centroids": np.ascontiguousarray(self.centroids), "targeted": self.targeted}
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
            return cls(found["centroids"], found["targeted"])
        except (KeyError, SafetensorError) as error:
            raise BadDataError(
                f"{path}: no clusters ({error}); `python -m stages.filter.fit clusters`"
            ) from error


def nearest(embeddings: Matrix, centroids: Matrix) -> npt.NDArray[np.intp]:
    """The index of the centroid with the largest inner product, the first on a tie: [rows]."""
    parts = [
        (embeddings[start : start + _ROWS] @ centroids.T).argmax(axis=1)
        for start in range(0, len(embeddings), _ROWS)
    ]
    return np.concatenate([np.zeros(0, np.intp), *parts])
