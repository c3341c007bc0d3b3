"""How well picture and caption go together, as a trained CLIP sees it.

Source: Radford et al., 2021, section 2.3; as a filter: Schuhmann et al., "LAION-400M", 2021.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stages import systems
from stages.score.subjects import Picture

_BITS = 14  # after the binary point, kept of each channel of an embedding


class ClipModel:
    """Fills `clip_score` and `embedding`.

    Args:
        weights: the folder that a training of CLIP has published.

    Raises:
        BadDataError: the folder is missing or damaged.
    """

    looks_at = Picture

    def __init__(self, weights: Path) -> None:
        self._clip = systems.artifact("clip", weights)

    def __call__(self, subjects: Sequence[Picture], texts: Sequence[str]) -> list[Mapping[str, Any]]:
        """Cosines to 4 digits; unit features of the pictures as multiples of 2**-14."""
        pictures = self._clip.picture_features([picture.image for picture in subjects])  # [B, E]
        cosines = np.einsum("be,be->b", pictures, self._clip.text_features(texts), dtype=np.float64)
        scale = np.float32(1 << _BITS)
        embeddings = np.rint(pictures * scale) / scale
        return [
            {"clip_score": round(float(cosine), 4), "embedding": embedding.tolist()}
            for cosine, embedding in zip(cosines, embeddings, strict=True)
        ]
