"""What the searches for duplicates share: a bounded database, and who is kept."""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence

import duckdb
import pyarrow as pa

_MEMORY = "1GB"  # beyond it, joins spill to the disk

Dropped = dict[str, str]
"""Key of a duplicate to the key that is kept in its place."""


@contextlib.contextmanager
def database(rows: pa.Table) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with `rows` as a view; the folder that it spills into goes with it."""
    with (
        tempfile.TemporaryDirectory(prefix="tenfold-") as spill,
        duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": spill}) as connection,
    ):
        connection.register("rows", rows)
        yield connection


def first_wins(pairs: Iterable[Sequence[str]]) -> Dropped:
    """Drop each key that has a partner before it which is itself kept; chains do not drag on.

    Args:
        pairs: (later key, earlier key), sorted.
    """
    dropped: Dropped = {}
    for later, earlier in pairs:
        if later not in dropped and earlier not in dropped:
            dropped[later] = earlier
    return dropped
