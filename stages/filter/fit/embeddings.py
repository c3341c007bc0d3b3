"""Embeddings of a scored corpus, in key order whatever the tables they lie in."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from stages.core.errors import BadDataError
from stages.filter.learned.embeddings import Matrix


def read_embeddings(folder: Path, chosen: Callable[[str], bool]) -> tuple[list[str], Matrix]:
    """The samples of a corpus that are chosen and have an embedding.

    Args:
        folder: below data/scored.
        chosen: by key.

    Returns:
        Their keys, sorted, and float64 [keys, width].

    Raises:
        BadDataError: there are none.
    """
    found: dict[str, Matrix] = {}
    for path in sorted(folder.glob("*.parquet")):
        table = pq.read_table(path, columns=["key", "embedding"])
        for key, embedding in zip(table["key"].to_pylist(), table["embedding"], strict=True):
            if embedding.is_valid and chosen(key):
                found[key] = np.asarray(embedding.values, np.float64)
    if not found:
        raise BadDataError(
            f"{folder}: none of the samples in question has an embedding; give `score` a CLIP and run "
            "`dvc repro score`"
        )
    keys = sorted(found)
    return keys, np.stack([found[key] for key in keys])


def count_rows(folder: Path) -> int:
    """The samples of a corpus, by the footers of its tables."""
    return sum(pq.read_metadata(path).num_rows for path in folder.glob("*.parquet"))
