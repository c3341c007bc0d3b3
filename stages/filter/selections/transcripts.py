"""Transcripts that a speech recogniser wrote, judged by the whole file: a window is too short.

People write capitals, small letters and commas; many recognisers do not, and a model that learns from them
becomes one of them. Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision",
2022, section 2.1; it publishes no thresholds. What it says of paragraphs is not asked: ingest keeps one
line of text.
"""

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from stages.filter.base import Comparison

# Georgian is not among them: its letters count as small, and it has no capitals in use.
_CASED = pa.array(["ARMENIAN", "CYRILLIC", "GREEK", "LATIN"])
_WITHOUT_SPACES = pa.array(["CJK", "HIRAGANA", "KATAKANA", "KHMER", "LAO", "MYANMAR", "THAI"])
_WITHOUT_COMMAS = pa.array(["KHMER", "LAO", "THAI", "TIBETAN"])  # people write spaces there
_CHARACTERS_PER_WORD = 2  # in a script without spaces

# Commas, colons, semicolons, exclamation and question marks of any script. Those that numbers contain are no
# signs of a person: a recogniser that writes `1,000` and `10:30` may never write a comma.
_MARKS = "[;!?¿¡…،؛؟、，；：！？፣፤፥፧՝՞՜·၊]|[,:](?:[^0-9]|$)"

_QUERY = """
    CREATE OR REPLACE TEMP TABLE machine_transcript AS
    WITH texts AS (  -- what a file says twice counts once
        SELECT DISTINCT source, sha256, text_hash, cased_words, capitals, cased_letters,
            punctuated_words, marked
        FROM standing WHERE words > 0
    ),
    files AS (
        SELECT source, sha256, sum(cased_words) AS cased_words, sum(punctuated_words) AS punctuated_words,
            sum(capitals) / nullif(sum(cased_letters), 0) AS upper, bool_or(marked) AS marked
        FROM texts GROUP BY source, sha256
    ),
    verdicts AS (
        SELECT source, sha256, CASE
            WHEN cased_words >= $words AND upper >= $upper THEN 'all upper case'
            WHEN cased_words >= $words AND 1 - upper >= $lower THEN 'all lower case'
            WHEN punctuated_words >= $unpunctuated_words AND NOT marked THEN 'no punctuation'
        END AS value
        FROM files
    )
    SELECT key, value FROM standing JOIN verdicts USING (source, sha256)
    WHERE value IS NOT NULL AND words > 0
"""


class MachineTranscript(Comparison):
    """Drop the windows of files whose transcript looks as if a recogniser wrote it.

    Scripts without case are judged by punctuation alone, scripts without commas by case alone, short
    transcripts not at all.

    Attributes:
        words: the fewest words of a file for a judgement by case.
        upper: from this share of capitals among the cased letters, it is all capitals.
        lower: from this share of small letters, it is all small.
        unpunctuated_words: from so many words, a person has written a comma, a colon or a question.
    """

    columns = frozenset({"sha256", "text_hash", "words"})
    inputs = frozenset({"characters", "script", "text", "words"})

    words: int = Field(default=20, ge=1)
    upper: float = Field(default=0.98, ge=0, le=1)
    lower: float = Field(default=0.998, ge=0, le=1)
    unpunctuated_words: int = Field(default=80, ge=1)

    def derive(self, rows: pa.Table) -> dict[str, pa.Array]:
        """Count in each text what the query adds up: words and letters that can tell, and any mark."""
        text, script = rows["text"], rows["script"]
        spaced = pc.invert(pc.is_in(script, value_set=_WITHOUT_SPACES))
        words = pc.if_else(spaced, rows["words"], pc.divide(rows["characters"], _CHARACTERS_PER_WORD))
        cased = pc.is_in(script, value_set=_CASED)
        punctuated = pc.invert(pc.is_in(script, value_set=_WITHOUT_COMMAS))
        return {
            "cased_words": pc.if_else(cased, words, 0),
            "capitals": pc.if_else(cased, _count(text, r"\p{Lu}"), 0),
            "cased_letters": pc.if_else(cased, _count(text, r"\p{Lu}\p{Ll}"), 0),
            "punctuated_words": pc.if_else(punctuated, words, 0),
            "marked": pc.match_substring_regex(text, _MARKS),
        }

    def drops(self, database: duckdb.DuckDBPyConnection, seed: int) -> duckdb.DuckDBPyRelation:
        """The value says which: `all upper case`, `all lower case` or `no punctuation`."""
        del seed
        database.execute(_QUERY, self.model_dump())
        return database.table("machine_transcript")


def _count(text: pa.ChunkedArray, letters: str) -> pa.ChunkedArray:
    """How many characters of each text are of a class, given as inside the brackets of an expression."""
    return pc.utf8_length(pc.replace_substring_regex(text, f"[^{letters}]", ""))
