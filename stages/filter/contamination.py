"""What must leave training for the sake of the corpus' own held-out splits."""

from typing import ClassVar

import duckdb

from stages.core.records import Name
from stages.filter.base import Comparison
from stages.filter.splits import TRAIN

_QUERY = """
    WITH held_out AS (SELECT place, split, "group", content FROM standing WHERE split <> $train),
    by_group AS (
        SELECT "group", min(place) AS place FROM held_out
        WHERE NOT list_contains($sharing_groups, split) GROUP BY "group"
    ),
    by_content AS (SELECT content, min(place) AS place FROM held_out GROUP BY content)
    SELECT sample.key, witness.key AS value FROM standing AS sample
    LEFT JOIN by_group ON by_group."group" = sample."group"
    LEFT JOIN by_content ON by_content.content = sample.content
    JOIN standing AS witness ON witness.place = coalesce(by_group.place, by_content.place)
    WHERE sample.split = $train
"""


class InHeldOut(Comparison):
    """Drop training samples whose group or content is held out; the value is the first held-out key of it.

    Attributes:
        sharing_groups: splits whose groups do not count; their contents do.
    """

    columns: ClassVar[frozenset[str]] = frozenset({"group", "content"})

    sharing_groups: frozenset[Name] = frozenset()

    def drops(self, database: duckdb.DuckDBPyConnection, seed: int) -> duckdb.DuckDBPyRelation:
        """Look among what stands, held-out samples included."""
        del seed
        values = {"train": TRAIN, "sharing_groups": sorted(self.sharing_groups)}
        return database.sql(_QUERY, params=values)
