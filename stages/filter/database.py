"""The database of a filter run: what passed the rules, what was dropped since, and what still stands.

It lies on the disk below data/work, and its memory is bounded: sorts, joins and groups that need more spill
into the same folder. Keys become places, their ranks in key order, once; everything after compares numbers.

| table or view | columns |
|---|---|
| `samples` | key, source, row, reason, value of each sample in key order; its `rowid` is the place |
| `passed` | place, and what the comparisons look at, of what passed the rules |
| `gone` | place, reason, value of what a comparison dropped |
| `standing` | `passed` without `gone` |
| `counts` | name, count: what comparisons counted beside their drops |
| `kept` | place, key, source, split, translated_from |
| `dropped` | place, key, source, reason, value |
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import duckdb

from stages.core.errors import BadDataError, TryAgainError
from stages.core.files import passing_folder

_MEMORY = "1GB"
_THREADS = 4  # each needs memory of its own, so their number is no matter of the machine

_SAMPLES = """
    CREATE TABLE samples AS
    SELECT key, source, row, NULL::VARCHAR AS reason, NULL::VARCHAR AS value FROM read_parquet($passed)
    UNION ALL SELECT key, source, NULL, reason, value FROM read_parquet($dropped)
    ORDER BY key
"""
_TWICE = """
    SELECT one.key FROM samples AS one
    POSITIONAL JOIN (SELECT key AS next FROM samples OFFSET 1) AS other
    WHERE one.key = other.next ORDER BY one.key LIMIT 1
"""
_PASSED = """
    CREATE TABLE passed AS
    SELECT CASE WHEN rows.row = places.row THEN place ELSE error('rows out of order') END AS place,
        rows.* EXCLUDE (row)
    FROM read_parquet($passed) AS rows POSITIONAL JOIN (
        SELECT rowid AS place, row FROM samples WHERE row IS NOT NULL ORDER BY row
    ) AS places
"""  # rows are numbered in the order of the tables: wide rows are neither hashed nor sorted
_VIEWS = """
    CREATE TABLE gone (place BIGINT, reason VARCHAR, value VARCHAR);
    CREATE TABLE counts (name VARCHAR, count BIGINT);
    CREATE VIEW standing AS SELECT * FROM passed ANTI JOIN gone USING (place);
    CREATE VIEW kept AS SELECT place, key, source, split, translated_from FROM standing;
    CREATE VIEW dropped AS
        SELECT rowid AS place, key, source, reason, value FROM samples WHERE reason IS NOT NULL
        UNION ALL SELECT place, key, source, gone.reason, gone.value
        FROM gone JOIN samples ON samples.rowid = gone.place;
"""
_DROP = """
    INSERT INTO gone SELECT place, $reason, min(drops.value)
    FROM drops JOIN standing USING (key) GROUP BY place
"""


@contextlib.contextmanager
def bounded_database(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A fresh database in `folder`, which is gone with the block.

    Raises:
        TryAgainError: neither memory nor disk suffice.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY,
        "preserve_insertion_order": True,  # a place is a rowid
        "temp_directory": str(folder / "spill"),
        "threads": _THREADS,
    }
    try:
        with passing_folder(folder), duckdb.connect(folder / "filter.duckdb", config=config) as database:
            yield database
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        raise TryAgainError(
            f"{folder}: no room for the comparisons; free some and run again ({error})"
        ) from error


def load(database: duckdb.DuckDBPyConnection, passed: Path, dropped: Path) -> None:
    """Bring in what the workers wrote, and make the tables and views.

    Args:
        database: an empty one.
        passed: the folder of tables with the columns of `standing` and `row`.
        dropped: the folder of tables with the columns of `dropped`.

    Raises:
        BadDataError: a key occurs twice.
    """
    folders = {"passed": f"{passed}/*.parquet", "dropped": f"{dropped}/*.parquet"}
    database.execute(_SAMPLES, folders)
    if twice := database.execute(_TWICE).fetchall():
        raise BadDataError(
            f"key {twice[0][0]!r} occurs twice; keys must be unique in a corpus, run ingest again"
        )
    database.execute(_PASSED, {"passed": folders["passed"]})
    database.execute(_VIEWS)


def drop(database: duckdb.DuckDBPyConnection, reason: str, drops: duckdb.DuckDBPyRelation) -> None:
    """Take samples out of `standing`.

    Args:
        database: after `load`.
        reason: why.
        drops: columns key, value.
    """
    drops.create_view("drops", replace=True)
    database.execute(_DROP, {"reason": reason})
