"""Searches for what is equal: groups by a hash of 128 bits, in which the first in key order is kept.

The database groups out of core, so a value that occurs a million times costs no more than a million values.
"""

from typing import ClassVar

import duckdb

from stages.filter.duplicates.likeness import Likeness

WINDOW = "regexp_extract(key, '-[0-9]{8}-([0-9]{4})$', 1)"
"""The number of a window in its recording, as ingest writes it into the key; '' for a whole sample."""

_QUERY = """
    WITH named AS (SELECT place, key, {identity} AS identity FROM {rows}),
    firsts AS (
        SELECT identity, min(place) AS place FROM named
        WHERE identity IS NOT NULL GROUP BY identity HAVING {shared}
    )
    SELECT sample.key, kept.key AS value FROM named AS sample
    JOIN firsts ON firsts.identity = sample.identity AND firsts.place < sample.place
    JOIN {rows} AS kept ON kept.place = firsts.place
    WHERE {wanted}
"""


def identity(*expressions: str) -> str:
    """SQL for 128 bits of several values together; null if the first of them is null."""
    hashed = f"md5_number(concat_ws(chr(31), {', '.join(expressions)}))"
    return f"CASE WHEN {expressions[0]} IS NOT NULL THEN {hashed} END"


class Equal(Likeness):
    """Drop samples that are equal to one before them in key order; the value is the key that is kept.

    Attributes:
        same_text: whether two samples are duplicates only if their texts are the same, too. Without it, a
            picture with two captions keeps the first, and a recording with two transcripts as well.
    """

    same: ClassVar[tuple[str, ...]]
    """SQL expressions over `standing` that are equal in two duplicates. Null in the first equals nothing."""

    same_text: bool = False

    def identity(self) -> str:
        """SQL for what is the same in duplicates and differs in others."""
        return identity(*self.same, *(["text_hash"] if self.same_text else []))

    def matches(
        self, database: duckdb.DuckDBPyConnection, rows: str = "standing", *, against: bool = False
    ) -> duckdb.DuckDBPyRelation:
        """Group by the identity."""
        shared, wanted = ("min(place) < 0", "sample.place >= 0") if against else ("count(*) > 1", "TRUE")
        query = _QUERY.format(identity=self.identity(), rows=rows, shared=shared, wanted=wanted)
        return database.sql(query)
