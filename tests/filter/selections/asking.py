"""Asks one comparison about rows, as the engine does after the rules."""

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from stages.core.features import FEATURES
from stages.filter.base import Comparison
from stages.filter.pinned import PinnedFile
from stages.filter.rows import passed_columns
from stages.filter.selections.matching import match_entries

SEED = 7


def drops(comparison: Comparison, rows: pa.Table, seed: int = SEED) -> dict[str, str]:
    """Key of what it drops to what it saw."""
    where = FEATURES.get_field_index("split")
    rows = rows.set_column(where, FEATURES.field("split"), pc.fill_null(rows["split"], "train"))
    standing = passed_columns(rows, [comparison])
    places = {key: place for place, key in enumerate(sorted(rows["key"].to_pylist()))}
    standing = standing.append_column(
        "place", pa.array([places[key] for key in rows["key"].to_pylist()], pa.int64())
    )
    with duckdb.connect() as database:
        database.register("standing", standing)
        return dict(comparison.drops(database, seed).fetchall())


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
