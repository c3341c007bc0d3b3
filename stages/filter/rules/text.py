"""Rules about captions and transcripts."""

import pandas as pd
from pydantic import Field

from stages.filter.rules.base import Rule, Verdict


class EmptyText(Rule):
    """Drop pairs without a word."""

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the number of words."""
        return Verdict(rows["words"] == 0, rows["words"])


class TextTooShort(Rule):
    """Drop texts with fewer characters.

    Attributes:
        characters: the fewest to keep.
    """

    characters: int = Field(ge=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the number of characters."""
        return Verdict(rows["characters"] < self.characters, rows["characters"])


class TextTooLong(Rule):
    """Drop texts with more characters.

    Attributes:
        characters: the most to keep.
    """

    characters: int = Field(ge=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the number of characters."""
        return Verdict(rows["characters"] > self.characters, rows["characters"])


class NoLetters(Rule):
    """Drop texts that are mostly digits and signs: file names, prices, dates.

    Attributes:
        share: the smallest share of letters among the characters that are not spaces.
    """

    share: float = Field(ge=0, le=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the share of letters."""
        return Verdict(rows["letters"] < self.share, rows["letters"])


class ScriptMismatch(Rule):
    """Drop texts in a script that their language is not written in."""

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

    compression: float = Field(default=2.4, gt=1)
    trigrams: float = Field(default=0.5, ge=0, le=1)
    words: int = Field(default=10, ge=4)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the compression ratio if it condemns, else the share of repeated trigrams."""
        compressible = rows["compression"] > self.compression
        repeated = (rows["repetition"] > self.trigrams) & (rows["words"] >= self.words)
        value = rows["repetition"].mask(compressible, rows["compression"])
        return Verdict(compressible | repeated, value)


class MachineTranscript(Rule):
    """Drop transcripts that look as if a speech recogniser wrote them.

    People write capitals, small letters and commas; many recognisers do not, and a model that learns from
    them becomes one of them. Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak
    Supervision", 2022, section 2.1; it publishes no thresholds. Scripts without case are judged by
    punctuation alone, and short texts not at all.

    Attributes:
        words: the fewest words for a judgement by case.
        upper: from this share of capitals among the cased letters, it is all capitals.
        lower: from this share of small letters, it is all small.
        unpunctuated_words: from so many words, a text has a comma, a colon or a question.
    """

    words: int = Field(default=20, ge=1)
    upper: float = Field(default=0.98, ge=0, le=1)
    lower: float = Field(default=0.995, ge=0, le=1)
    unpunctuated_words: int = Field(default=40, ge=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value says which: `all upper case`, `all lower case` or `no punctuation`."""
        judged = rows["words"] >= self.words
        verdicts = {
            "no punctuation": (rows["pauses"] == 0) & (rows["words"] >= self.unpunctuated_words),
            "all lower case": (1 - rows["upper"] >= self.lower) & judged,
            "all upper case": (rows["upper"] >= self.upper) & judged,
        }
        value = pd.Series("", index=rows.index, dtype=object)
        for name, condemned in verdicts.items():
            value = value.mask(condemned.fillna(value=False), name)
        return Verdict(value != "", value)
