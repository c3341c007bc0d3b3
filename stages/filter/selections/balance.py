"""Balance over a list of what there is in the world: the frequent is thinned out, the rare is kept.

Only training samples are counted and dropped. What matches no entry is dropped, too: that is how the list
cleans. Every draw is a hash of seed, key and entry, so that a pair is kept or dropped for itself, whichever
pairs join the pool later.
"""

from typing import Any

import duckdb
from pydantic import Field

from stages.filter.base import Comparison
from stages.filter.pinned import PinnedFile
from stages.filter.selections.matching import match_entries

_RANKED = """
    SELECT place FROM (
        SELECT place, row_number() OVER (PARTITION BY entry ORDER BY draw, place) AS rank
        FROM {prefix}_matches
    )
    WHERE rank <= $pairs
"""
_DRAWN = """
    SELECT place FROM {prefix}_matches JOIN {prefix}_counts USING (entry)
    WHERE draw < $threshold / greatest(count, $threshold)
"""
_COUNTS = """
    CREATE OR REPLACE TEMP TABLE {prefix}_counts AS
    SELECT entry, count(*) AS count FROM {prefix}_matches GROUP BY entry
"""
_DROPS = """
    CREATE OR REPLACE TEMP TABLE {prefix} AS
    WITH kept AS ({kept}),
    rarest AS (
        SELECT place, min((count, entry)) AS rarest
        FROM {prefix}_matches JOIN {prefix}_counts USING (entry) GROUP BY place
    )
    SELECT key, coalesce(rarest[2] || ' (' || rarest[1] || ')', 'no entry') AS value
    FROM standing LEFT JOIN rarest USING (place)
    WHERE split = 'train' AND place NOT IN (SELECT place FROM kept)
"""


class QueryBalance(Comparison):
    """Keep at most so many pairs for each query; a pair stays if any query that its text contains takes it.

    Source: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021,
    section 2.2. Which of its pairs a query takes is not said there; here it is those of the smallest draws.

    Attributes:
        metadata: the queries; see `read_entries`.
        pairs: the most for each query.
        ignore_case: whether upper and lower case are the same.
    """

    columns = frozenset({"text"})

    metadata: PinnedFile
    pairs: int = Field(ge=1)
    ignore_case: bool = False

    def drops(self, database: duckdb.DuckDBPyConnection, seed: int) -> duckdb.DuckDBPyRelation:
        """The value is the rarest query of the text and how many pairs have it.

        Raises:
            BadDataError: the list is missing, another file, or none.
        """
        prefix = "query_balance"
        match_entries(database, self.metadata, seed, prefix=prefix, ignore_case=self.ignore_case)
        return _without(database, prefix, _RANKED, {"pairs": self.pairs})


class MetadataBalance(Comparison):
    """Keep a pair if one of its entries draws it, each with probability t / max(count, t).

    Rare entries keep all of their pairs, frequent ones t on average. Source: Xu et al., "Demystifying CLIP
    Data", 2023, section 3.3.

    Attributes:
        metadata: the entries; see `read_entries`.
        threshold: t, in pairs.
        ignore_case: whether upper and lower case are the same; they are not in the paper.
    """

    columns = frozenset({"text"})

    metadata: PinnedFile
    threshold: int = Field(ge=1)
    ignore_case: bool = False

    def drops(self, database: duckdb.DuckDBPyConnection, seed: int) -> duckdb.DuckDBPyRelation:
        """The value is the rarest entry of the text and how many pairs have it.

        Raises:
            BadDataError: the list is missing, another file, or none.
        """
        prefix = "metadata_balance"
        match_entries(database, self.metadata, seed, prefix=prefix, ignore_case=self.ignore_case)
        return _without(database, prefix, _DRAWN, {"threshold": self.threshold})


def _without(
    database: duckdb.DuckDBPyConnection, prefix: str, kept: str, params: dict[str, Any]
) -> duckdb.DuckDBPyRelation:
    """All training samples but those that the query `kept` names by their place."""
    database.execute(_COUNTS.format(prefix=prefix))
    database.execute(_DROPS.format(prefix=prefix, kept=kept.format(prefix=prefix)), params)
    return database.table(prefix)
