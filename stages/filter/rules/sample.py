"""Rules about the sample as a whole: can it be read, may it be used?"""

import pandas as pd

from stages.filter.rules.base import Rule, Verdict


class Unreadable(Rule):
    """Drop what `score` could not read. This rule is always asked."""

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is what `score` said."""
        return Verdict(rows["error"].notna(), rows["error"])


class LicenceNotAllowed(Rule):
    """Drop what comes under a licence that is not on the list.

    Attributes:
        allowed: SPDX identifiers.
    """

    allowed: frozenset[str]

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the licence."""
        return Verdict(~rows["licence"].isin(self.allowed), rows["licence"])
