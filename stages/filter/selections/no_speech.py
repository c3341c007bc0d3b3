"""How many recordings of silence, music and noise are kept: they teach when nothing is to be written."""

import duckdb
from pydantic import Field

from stages.filter.base import Comparison
from stages.filter.selections.draws import draw

_QUERY = f"""
    CREATE OR REPLACE TEMP TABLE no_speech AS
    SELECT key, concat('speech ', round(speech, 4)) AS value FROM standing
    WHERE words = 0 AND {draw("'no_speech'", "key")} >= $rate
"""  # noqa: S608 - the expression is ours


class NoSpeech(Comparison):
    """Keep a fraction of the recordings without a text.

    Those in which somebody speaks after all are for the rule `speech_without_text`. Source: Radford et al.,
    "Robust Speech Recognition via Large-Scale Weak Supervision", 2022, section 2.1.

    Attributes:
        rate: the fraction to keep.
    """

    columns = frozenset({"speech", "words"})

    rate: float = Field(ge=0, le=1)

    def drops(self, database: duckdb.DuckDBPyConnection, seed: int) -> duckdb.DuckDBPyRelation:
        """The value is the share of speech."""
        database.execute(_QUERY, {"seed": seed, "rate": self.rate})
        return database.table("no_speech")
