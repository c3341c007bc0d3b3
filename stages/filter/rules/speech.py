"""Rules about speech and its transcript: is there one without the other?

A recording without speech and without text is neither: it teaches silence, and `no_speech` among the
selections says how many of them are kept. Source: Radford et al., "Robust Speech Recognition via
Large-Scale Weak Supervision", 2022, section 2.1.
"""

import pandas as pd
from pydantic import Field

from stages.filter.rules.base import Rule, Verdict


class TextWithoutSpeech(Rule):
    """Drop transcripts of recordings in which nobody speaks.

    Attributes:
        share: the smallest share of the recording that is speech.
    """

    columns = frozenset({"speech", "words"})

    share: float = Field(ge=0, le=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the share of speech."""
        return Verdict((rows["words"] > 0) & (rows["speech"] < self.share), rows["speech"])


class SpeechWithoutText(Rule):
    """Drop recordings in which somebody speaks and nothing is written.

    Attributes:
        share: from this share of speech, a transcript is missing.
    """

    columns = frozenset({"speech", "words"})

    share: float = Field(ge=0, le=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the share of speech."""
        return Verdict((rows["words"] == 0) & (rows["speech"] >= self.share), rows["speech"])
