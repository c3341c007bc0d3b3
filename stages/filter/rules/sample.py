"""Rules about the sample as a whole: can it be read, may it be used?"""

import math

import pandas as pd
from pydantic import Field

from stages.filter.rules.base import Rule, Verdict


class Unreadable(Rule):
    """Drop what `score` could not read. This rule is always asked."""

    columns = frozenset({"error"})

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is what `score` said."""
        return Verdict(rows["error"].notna(), rows["error"])


class LicenceNotAllowed(Rule):
    """Drop what comes under a licence that is not on the list.

    Attributes:
        allowed: SPDX identifiers.
    """

    columns = frozenset({"licence"})

    allowed: frozenset[str]

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the licence."""
        return Verdict(~rows["licence"].isin(self.allowed), rows["licence"])


class FileSize(Rule):
    """Drop what is too small a file to hold anything, or too large to be worth it.

    Attributes:
        least: bytes of the content's file, as ingest wrote it.
        most: the same.
    """

    columns = frozenset({"bytes"})

    least: int = Field(default=0, ge=0)
    most: int | None = Field(default=None, ge=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the number of bytes."""
        size = rows["bytes"]
        return Verdict((size < self.least) | (size > (self.most or math.inf)), size)
