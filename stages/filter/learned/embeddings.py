"""Embeddings of a table as one matrix."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from stages.core.errors import BadDataError

Matrix = npt.NDArray[np.float64]


def matrix(embeddings: "pd.Series[Any]", width: int) -> Matrix:
    """Stack the column `embedding`.

    Args:
        embeddings: lists of `width` numbers, none of them null.
        width: what the classifier or the clusters expect.

    Returns:
        float64 [rows, width].

    Raises:
        BadDataError: they have another width: a different CLIP computed them.
    """
    if embeddings.empty:
        return np.zeros((0, width))
    stacked = np.stack([np.asarray(each, np.float64) for each in embeddings])
    if stacked.shape[1] != width:
        raise BadDataError(
            f"embedding: {stacked.shape[1]} numbers where {width} were learned from; "
            "score the corpus by the CLIP whose embeddings were labelled"
        )
    return stacked
