"""Rules about recordings, and about how a recording and its transcript go together."""

import pandas as pd
from pydantic import Field

from stages.filter.rules.base import Rule, Verdict


class TooShort(Rule):
    """Drop recordings too short to hold a word.

    Attributes:
        seconds: the shortest to keep.
    """

    columns = frozenset({"seconds"})

    seconds: float = Field(ge=0)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the length in seconds."""
        return Verdict(rows["seconds"] < self.seconds, rows["seconds"])


class TooLong(Rule):
    """Drop recordings longer than the model's window.

    Attributes:
        seconds: the longest to keep.
    """

    columns = frozenset({"seconds"})

    seconds: float = Field(gt=0)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the length in seconds."""
        return Verdict(rows["seconds"] > self.seconds, rows["seconds"])


class Silent(Rule):
    """Drop recordings with nothing to hear.

    Attributes:
        loudness: the lowest root mean square, in dB of full scale.
        silence: the highest share of silent frames.
    """

    columns = frozenset({"loudness", "silence"})

    loudness: float = Field(default=-50, le=0)
    silence: float = Field(default=0.95, ge=0, le=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the loudness if it condemns, else the share of silent frames."""
        quiet = rows["loudness"] < self.loudness
        return Verdict(
            quiet | (rows["silence"] > self.silence), rows["silence"].mask(quiet, rows["loudness"])
        )


class Clipped(Rule):
    """Drop recordings that were driven over full scale.

    Attributes:
        share: the highest share of samples at full scale.
    """

    columns = frozenset({"clipped"})

    share: float = Field(ge=0, le=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the share of samples at full scale."""
        return Verdict(rows["clipped"] > self.share, rows["clipped"])


class SpeakingRate(Rule):
    """Drop pairs in which nobody could have said this text in this time, or would have taken so long.

    Attributes:
        fastest: characters per second of the recording.
        slowest: characters per second that is not silent, for texts of at least `characters`: the name of a
            letter is one character, and takes as long as a word.
        characters: see `slowest`.
    """

    columns = frozenset({"characters", "speed", "voiced_speed"})

    fastest: float = Field(gt=0)
    slowest: float = Field(ge=0)
    characters: int = Field(ge=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is characters per second, of what is not silent if that is too slow."""
        fast = rows["speed"] > self.fastest
        slow = (rows["voiced_speed"] < self.slowest) & (rows["characters"] >= self.characters)
        return Verdict(fast | slow, rows["speed"].mask(slow, rows["voiced_speed"]))
