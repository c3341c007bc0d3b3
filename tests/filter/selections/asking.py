"""Asks one comparison about rows, as the engine does after the rules."""

import tempfile
from pathlib import Path

import duckdb
import pyarrow as pa

from stages.filter.base import Comparison
from stages.filter.pinned import PinnedFile
from stages.filter.selections.matching import match_entries
from tests.filter import runs

SEED = 7


def drops(comparison: Comparison, rows: pa.Table, seed: int = SEED) -> dict[str, str]:
    """Key of what it drops to what it saw."""
    with tempfile.TemporaryDirectory() as folder:
        return runs.drops(Path(folder), comparison, rows, seed)


def matches(metadata: PinnedFile, texts: list[str]) -> list[tuple[int, str, float]]:
    """Place, entry and draw of each match in training texts, whose places are their positions."""
    places = range(len(texts))
    standing = {
        "place": pa.array(places, pa.int64()),
        "key": [f"k{place}" for place in places],
        "split": ["train"] * len(texts),
        "text": texts,
    }
    with duckdb.connect() as database:
        database.register("standing", pa.table(standing))
        match_entries(database, metadata, SEED, prefix="some", ignore_case=False)
        return database.execute("SELECT place, entry, draw FROM some_matches").fetchall()
