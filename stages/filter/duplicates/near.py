"""Searches for what is almost equal: propose pairs that share a bucket, verify each, keep the first.

1. Samples with the same descriptors are collapsed into the first of them: whatever is like one is like all.
2. Each kind puts a sample into several buckets, such that what is alike shares one with a known probability.
   Pairs that share a bucket are candidates. In a crowded bucket, of more than 32 samples, each is paired with
   the first two only, so that a bucket of a million costs two million pairs and not half a million millions.
3. The kind's own measure decides on each candidate.
4. In key order, a sample is dropped if it is like one before it that is itself kept; chains do not drag on.

Every step is a query or a stream: memory holds a batch, and one byte for each sample of the corpus.
"""

import abc
from collections.abc import Iterator
from typing import ClassVar

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stages.filter.duplicates.equal import identity
from stages.filter.duplicates.likeness import Likeness

_CROWD = 32  # samples in a bucket beyond which not every pair of it is a candidate
_LEADERS = 2  # of a crowd, with which all others of it are paired
_PAIRS = 8192  # verified at once
_WINS = 1 << 18  # pairs read at once
_ITEMS = """
    CREATE OR REPLACE TABLE near_twins AS
        SELECT {identity} AS twin, min(place) AS place FROM {rows} WHERE twin IS NOT NULL GROUP BY twin;
    CREATE OR REPLACE TABLE near_items AS
        SELECT place, {scope} AS scope, {columns} FROM {rows} SEMI JOIN near_twins USING (place);
    CREATE OR REPLACE TABLE near_candidates (later BIGINT, earlier BIGINT);
    CREATE OR REPLACE TABLE near_pairs (later BIGINT, earlier BIGINT);
    CREATE OR REPLACE TABLE near_wins (later BIGINT, earlier BIGINT);
"""
_CROWDS = """
    CREATE OR REPLACE TABLE near_crowds AS
        SELECT {bucket} AS bucket, scope, count(*) AS size FROM near_items
        WHERE bucket IS NOT NULL GROUP BY bucket, scope HAVING {shared}
"""
_PROPOSE = """
    CREATE OR REPLACE TABLE near_members AS
        SELECT bucket, scope, size, place{checked}
        FROM (SELECT *, {bucket} AS bucket FROM near_items) JOIN near_crowds USING (bucket, scope);
    CREATE OR REPLACE TABLE near_leaders AS
        SELECT members.* FROM near_members AS members
        LEFT JOIN (
            SELECT bucket, scope, list_max(min(place, {leaders})) AS last FROM near_members
            WHERE size > {crowd} GROUP BY bucket, scope
        ) AS hot USING (bucket, scope)
        WHERE place <= coalesce(last, place);
    INSERT INTO near_candidates
        SELECT later.place, earlier.place FROM near_members AS later
        JOIN near_leaders AS earlier USING (bucket, scope)
        WHERE earlier.place < later.place AND {shared} AND {check};
"""
_VERIFY = """
    SELECT pairs.later, pairs.earlier, {payload}
    FROM (SELECT DISTINCT later, earlier FROM near_candidates) AS pairs
    JOIN {rows} AS one ON one.place = pairs.later
    JOIN {rows} AS other ON other.place = pairs.earlier
"""
_MEMBERS = """
    SELECT sample.key, kept.key AS value
    FROM (SELECT place, key, {identity} AS twin FROM {rows}) AS sample
    JOIN near_twins ON near_twins.twin = sample.twin
    LEFT JOIN near_wins ON near_wins.later = near_twins.place
    JOIN {rows} AS kept ON kept.place = coalesce(near_wins.earlier, near_twins.place)
    WHERE kept.place < sample.place AND {wanted}
"""


class Near(Likeness):
    """The base of the searches; a subclass says what descriptors, buckets and likeness are."""

    checked: ClassVar[tuple[str, ...]] = ()
    """Columns of `standing` that `check` reads; they are among `searched`."""
    measured: ClassVar[tuple[str, ...]]
    """Columns of `standing` that `near` reads."""

    @abc.abstractmethod
    def searched(self) -> tuple[str, ...]:
        """Columns of `standing` that `buckets` and `check` read."""

    @abc.abstractmethod
    def descriptors(self) -> tuple[str, ...]:
        """SQL expressions that are equal only in samples that are alike; null in the first: not compared."""

    @abc.abstractmethod
    def buckets(self) -> Iterator[str]:
        """SQL expressions over `searched`; samples with an equal one are candidates, null puts in none."""

    @abc.abstractmethod
    def near(self, later: pa.Table, earlier: pa.Table) -> npt.NDArray[np.bool_]:
        """Whether each row of `later` is like that row of `earlier`; both have the `measured` columns."""

    def scope(self) -> tuple[str, ...]:
        """SQL expressions that are equal in all samples that are compared with each other."""
        return ()

    def check(self) -> str:
        """A cheap SQL condition on `later` and `earlier` that no pair of alike samples fails."""
        return "TRUE"

    def matches(
        self, database: duckdb.DuckDBPyConnection, rows: str = "standing", *, against: bool = False
    ) -> duckdb.DuckDBPyRelation:
        """Propose, verify, and keep the first."""
        return Search(database, self, rows, against=against).matches()


class Search:
    """One search in a database.

    Args:
        database: with the relation `rows`.
        kind: what is alike.
        rows: a relation with the columns of `standing`.
        against: whether samples are compared with references only, whose places are negative.
    """

    def __init__(
        self,
        database: duckdb.DuckDBPyConnection,
        kind: Near,
        rows: str,
        *,
        against: bool,
    ) -> None:
        self._database, self._kind, self._against = database, kind, against
        self._names = {
            "rows": rows,
            "identity": identity(*kind.descriptors(), *kind.scope()),
            "scope": f"md5_number(concat_ws(chr(31), {', '.join(kind.scope())}))" if kind.scope() else "0",
            "columns": ", ".join(kind.searched()),
        }

    def matches(self) -> duckdb.DuckDBPyRelation:
        """Columns key, value: samples, and the key of what they are like."""
        self._database.execute(_ITEMS.format(**self._names))
        for bucket in self._kind.buckets():
            self._propose(bucket)
        self._verify()
        self._first_wins()
        wanted = "sample.place >= 0 AND kept.place < 0" if self._against else "TRUE"
        return self._database.sql(_MEMBERS.format(**self._names, wanted=wanted))

    def _propose(self, bucket: str) -> None:
        shared = "min(place) < 0 AND max(place) >= 0" if self._against else "size > 1"
        self._database.execute(_CROWDS.format(bucket=bucket, shared=shared))
        if not self._database.execute("SELECT 1 FROM near_crowds LIMIT 1").fetchall():
            return
        shared = "earlier.place < 0 AND later.place >= 0" if self._against else "TRUE"
        checked = "".join(f", {name}" for name in self._kind.checked)
        names = {"crowd": _CROWD, "leaders": _LEADERS, "check": self._kind.check(), "checked": checked}
        self._database.execute(_PROPOSE.format(bucket=bucket, shared=shared, **names))

    def _verify(self) -> None:
        """Keep the candidates that are alike."""
        payload = [f"one.{name} AS later_{name}" for name in self._kind.measured]
        payload += [f"other.{name} AS earlier_{name}" for name in self._kind.measured]
        query = _VERIFY.format(rows=self._names["rows"], payload=", ".join(payload))
        for batch in self._stream(query, _PAIRS):
            near = self._kind.near(self._side(batch, "later"), self._side(batch, "earlier"))
            self._insert("near_pairs", batch.select(["later", "earlier"]).filter(pa.array(near)))

    def _side(self, pairs: pa.Table, side: str) -> pa.Table:
        names = list(self._kind.measured)
        return pairs.select([f"{side}_{name}" for name in names]).rename_columns(names)

    def _first_wins(self) -> None:
        """Of each sample that is like a kept one before it, note the first such."""
        query = "SELECT later, earlier FROM near_pairs ORDER BY later, earlier"
        ((last,),) = self._database.execute("SELECT coalesce(max(later), -1) FROM near_pairs").fetchall()
        dropped = bytearray(last + 1)
        for batch in self._stream(query, _WINS):
            wins = list(first_wins(batch, dropped))
            self._insert("near_wins", pa.Table.from_pylist(wins, batch.schema))

    def _stream(self, query: str, rows: int) -> Iterator[pa.Table]:
        """Tables of at most so many rows, through a connection of their own."""
        with self._database.cursor() as reader:
            for batch in reader.sql(query).to_arrow_reader(rows):
                yield pa.Table.from_batches([batch])

    def _insert(self, table: str, rows: pa.Table) -> None:
        self._database.register("near_batch", rows)
        self._database.execute(f"INSERT INTO {table} SELECT * FROM near_batch")  # noqa: S608 - our names
        self._database.unregister("near_batch")


def first_wins(pairs: pa.Table, dropped: bytearray) -> Iterator[dict[str, int]]:
    """The pairs by which a sample is dropped.

    Args:
        pairs: columns later, earlier: places of alike samples, sorted; negative ones are never dropped.
        dropped: by place, whether a sample is dropped by pairs before; it is carried on.
    """
    for later, earlier in zip(pairs["later"].to_pylist(), pairs["earlier"].to_pylist(), strict=True):
        if not dropped[later] and (earlier < 0 or not dropped[earlier]):
            dropped[later] = True
            yield {"later": later, "earlier": earlier}
