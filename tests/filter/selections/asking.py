"""Asks one comparison about rows, as the engine does after the rules."""

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from stages.core.features import FEATURES
from stages.filter.base import Comparison
from stages.filter.rows import passed_columns

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
