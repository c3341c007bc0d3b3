"""A run of words that a text shares with an evaluation set, whatever stands around it."""

import hashlib
from typing import ClassVar

import duckdb
import pyarrow as pa
from pydantic import Field

from stages.core.texts import normalised
from stages.filter.duplicates.likeness import Likeness

_QUERY = """
    WITH runs AS (SELECT place, key, unnest({column}) AS run FROM {rows}),
    firsts AS (SELECT run, min(place) AS place FROM runs GROUP BY run HAVING {shared}),
    found AS (
        SELECT sample.key, min(firsts.place) AS place FROM runs AS sample
        JOIN firsts ON firsts.run = sample.run AND firsts.place < sample.place
        WHERE {wanted} GROUP BY sample.key
    )
    SELECT found.key, kept.key AS value FROM found JOIN {rows} AS kept USING (place)
"""


class SharedRun(Likeness):
    """Section `ngrams`: texts that have a run of words in common.

    Source: Brown et al., "Language Models are Few-Shot Learners", 2020, appendix C, with runs of 13 words at
    most; captions are shorter.

    Attributes:
        words: in a run. Texts with fewer have none.
    """

    inputs: ClassVar[frozenset[str]] = frozenset({"text"})

    words: int = Field(default=8, ge=3)

    def derive(self, rows: pa.Table) -> dict[str, pa.Array]:
        """A list of 64-bit hashes, one for each run."""
        runs = [self._runs(text) for text in rows["text"].to_pylist()]
        return {self._column(): pa.array(runs, pa.list_(pa.uint64()))}

    def matches(
        self, database: duckdb.DuckDBPyConnection, rows: str = "standing", *, against: bool = False
    ) -> duckdb.DuckDBPyRelation:
        """Group by the runs."""
        shared, wanted = ("min(place) < 0", "sample.place >= 0") if against else ("count(*) > 1", "TRUE")
        return database.sql(_QUERY.format(column=self._column(), rows=rows, shared=shared, wanted=wanted))

    def _column(self) -> str:
        return f"word_runs_{self.words}"

    def _runs(self, text: str | None) -> list[int]:
        words = normalised(text or "").split()
        runs = {" ".join(words[start : start + self.words]) for start in range(len(words) - self.words + 1)}
        return sorted(
            int.from_bytes(hashlib.blake2b(run.encode(), digest_size=8).digest(), "little") for run in runs
        )
