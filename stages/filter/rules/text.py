"""Rules about captions and transcripts."""

import pandas as pd
from pydantic import Field

from stages.filter.rules.base import Rule, Verdict


class EmptyText(Rule):
    """Drop pairs without a word."""

    columns = frozenset({"words"})

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the number of words."""
        return Verdict(rows["words"] == 0, rows["words"])


class TextTooShort(Rule):
    """Drop texts with fewer characters.

    Attributes:
        characters: the fewest to keep.
    """

    columns = frozenset({"characters"})

    characters: int = Field(ge=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the number of characters."""
        return Verdict(rows["characters"] < self.characters, rows["characters"])


class TextTooLong(Rule):
    """Drop texts with more characters.

    Attributes:
        characters: the most to keep.
    """

    columns = frozenset({"characters"})

    characters: int = Field(ge=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the number of characters."""
        return Verdict(rows["characters"] > self.characters, rows["characters"])


class TooFewWords(Rule):
    """Drop texts with fewer words, as far as the language parts words by spaces.

    Attributes:
        words: the fewest to keep.
    """

    columns = frozenset({"words"})

    words: int = Field(ge=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the number of words."""
        return Verdict(rows["words"] < self.words, rows["words"])


class TooManyWords(Rule):
    """Drop texts with more words, as far as the language parts words by spaces.

    Attributes:
        words: the most to keep.
    """

    columns = frozenset({"words"})

    words: int = Field(ge=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the number of words."""
        return Verdict(rows["words"] > self.words, rows["words"])


class NoLetters(Rule):
    """Drop texts that are mostly digits and signs: file names, prices, dates.

    Attributes:
        share: the smallest share of letters among the characters that are not spaces.
    """

    columns = frozenset({"letters"})

    share: float = Field(ge=0, le=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the share of letters."""
        return Verdict(rows["letters"] < self.share, rows["letters"])


class ScriptMismatch(Rule):
    """Drop texts in a script that their language is not written in."""

    columns = frozenset({"language", "script", "script_fits"})

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the script, with the language."""
        value = rows["script"].astype(object) + " for " + rows["language"].astype(object)
        return Verdict(rows["script_fits"].eq(other=False), value)


class Repetition(Rule):
    """Drop texts that repeat themselves.

    Attributes:
        compression: the highest ratio of bytes to compressed bytes; Whisper's own bound is 2.4.
        trigrams: the highest share of word trigrams that occurred before.
        words: the fewest words for which trigrams are looked at.
    """

    columns = frozenset({"compression", "repetition", "words"})

    compression: float = Field(default=2.4, gt=1)
    trigrams: float = Field(default=0.5, ge=0, le=1)
    words: int = Field(default=10, ge=4)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the compression ratio if it condemns, else the share of repeated trigrams."""
        compressible = rows["compression"] > self.compression
        repeated = (rows["repetition"] > self.trigrams) & (rows["words"] >= self.words)
        value = rows["repetition"].mask(compressible, rows["compression"])
        return Verdict(compressible | repeated, value)
