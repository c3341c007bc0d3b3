"""What a comparison is: a decision about a sample that only the sight of all samples allows.

Duplicates, contamination and selections such as query balance are comparisons. They are asked after the
rules, in the order of `FilterParams.comparisons`, and each sees what those before it have left. The engine
(`run.py`) owns the database: its memory limit, its spill folder, what goes in and what comes out.
"""

import abc
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import ClassVar

import duckdb
import pyarrow as pa

from stages.core.params import Params

_BATCH = 100_000  # drops in memory at once

DROPS = pa.schema([("key", pa.string()), ("value", pa.string())])


class Comparison(Params, abc.ABC):
    """The base of all comparisons; the fields of a subclass are its thresholds.

    The database has the view `standing` with a row for each sample that is still kept:

    * `place` BIGINT, the rank of the key among all keys of the corpus: compare and join on it, since a number
      takes less room than a key and has the same order;
    * `key`, `source`, `split` VARCHAR; `split` is the final one, never null;
    * the `columns` of every comparison that is asked, and what they `derive`.

    A comparison may make tables of names that begin with its own, and may add rows (name, count) to the table
    `counts`, which go into funnel.json. Rows come in no order: an answer must follow from the set of rows and
    the seed alone, so that neither workers nor shards change a byte.
    """

    columns: ClassVar[frozenset[str]] = frozenset()
    """Names of stages.core.features.FEATURES that its query reads, beside key, source and split."""

    inputs: ClassVar[frozenset[str]] = frozenset()
    """Names of stages.core.features.FEATURES that `derive` reads."""

    def derive(self, rows: pa.Table) -> dict[str, pa.Array]:
        """Compute further columns of `standing` from each row alone; workers do it, table by table.

        Args:
            rows: `columns` and `inputs` at least, of samples that passed the rules.

        Returns:
            Columns as long as `rows`, of the same names and types for any rows. Two comparisons that give
            one name to a column mean the same values.
        """
        del rows
        return {}

    @abc.abstractmethod
    def drops(self, database: duckdb.DuckDBPyConnection, seed: int) -> duckdb.DuckDBPyRelation:
        """Which of the standing samples to drop.

        Args:
            database: with the view `standing`.
            seed: the root seed.

        Returns:
            Columns `key` and `value` (what the comparison saw, for a person), one row for each sample to
            drop, in any order. `stored` makes such a relation from Python's pairs.
        """


def stored(
    database: duckdb.DuckDBPyConnection, table: str, pairs: Iterable[tuple[str, str]]
) -> duckdb.DuckDBPyRelation:
    """Put (key, value) pairs into a temporary table, a batch at a time, and give it as a relation.

    Args:
        database: where to.
        table: its name; a table of that name is replaced.
        pairs: taken while the table grows, from anything but a query that runs on `database` itself.
    """
    database.execute(f"CREATE OR REPLACE TEMP TABLE {table} (key VARCHAR, value VARCHAR)")
    for batch in _batches(iter(pairs)):
        keys, values = zip(*batch, strict=True)
        database.register("batch", pa.table([keys, values], DROPS))
        database.execute(f"INSERT INTO {table} SELECT * FROM batch")  # noqa: S608 - the name is ours
        database.unregister("batch")
    return database.table(table)


def _batches(pairs: Iterator[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    while batch := list(islice(pairs, _BATCH)):
        yield batch
