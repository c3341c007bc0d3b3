"""How well picture and caption go together, as a trained CLIP sees it.

Source: Radford et al., 2021, section 2.3; as a filter: Schuhmann et al., "LAION-400M", 2021; three squares
for classifiers: Nichol et al., "GLIDE", 2021, appendix F.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from stages import systems
from stages.score.subjects import Picture

_BITS = 14  # after the binary point, kept of each channel of an embedding

Features = npt.NDArray[np.float32]


class ClipModel:
    """Fills `clip_score` and `embedding`.

    Args:
        weights: the folder that a training of CLIP has published.
        crops: 1 or 3 squares of a picture, whose mean is its embedding.

    Raises:
        BadDataError: the folder is missing or damaged.
    """

    looks_at = Picture

    def __init__(self, weights: Path, crops: int = 1) -> None:
        self._clip = systems.artifact("clip", weights)
        self._crops = crops

    def __call__(self, subjects: Sequence[Picture], texts: Sequence[str]) -> list[Mapping[str, Any]]:
        """Cosines to 4 digits; unit features of the pictures as multiples of 2**-14."""
        pictures = self._clip.picture_features([picture.image for picture in subjects])  # [B, E]
        cosines = np.einsum("be,be->b", pictures, self._clip.text_features(texts), dtype=np.float64)
        scale = np.float32(1 << _BITS)
        embeddings = np.rint(self._with_ends(subjects, pictures) * scale) / scale
        return [
            {"clip_score": round(float(cosine), 4), "embedding": embedding.tolist()}
            for cosine, embedding in zip(cosines, embeddings, strict=True)
        ]

    def _with_ends(self, subjects: Sequence[Picture], middles: Features) -> Features:
        """Unit features [B, E] of the middles, or their means with those of both ends."""
        if self._crops == 1:
            return middles
        squares = [end for picture in subjects for end in ends(picture.image)]
        sums = middles + self._clip.picture_features(squares).reshape(len(subjects), 2, -1).sum(axis=1)
        means: Features = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return means


def ends(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    """The squares at both ends of the longer side: left and right, or top and bottom."""
    side = min(image.size)
    first, last = (0, 0), (image.width - side, image.height - side)
    one, other = (image.crop((left, top, left + side, top + side)) for left, top in (first, last))
    return one, other
