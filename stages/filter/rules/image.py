"""Rules about pictures."""

import pandas as pd
from pydantic import Field

from stages.filter.rules.base import Rule, Verdict


class TooSmall(Rule):
    """Drop pictures too small to show anything.

    Attributes:
        side: the fewest pixels of the shorter side.
    """

    columns = frozenset({"height", "width"})

    side: int = Field(ge=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the shorter side in pixels."""
        shorter = rows[["width", "height"]].min(axis=1)
        return Verdict(shorter < self.side, shorter)


class Aspect(Rule):
    """Drop banners and rulers.

    Attributes:
        ratio: the highest ratio of the longer to the shorter side; DataComp's basic filter has 3.
    """

    columns = frozenset({"aspect"})

    ratio: float = Field(ge=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the ratio."""
        return Verdict(rows["aspect"] > self.ratio, rows["aspect"])


class Flat(Rule):
    """Drop pictures of nothing.

    Attributes:
        entropy: the fewest bits of the grey histogram.
        main_colour: the highest share of pixels of one colour.
    """

    columns = frozenset({"entropy", "main_colour"})

    entropy: float = Field(default=0.1, ge=0, le=8)
    main_colour: float = Field(default=0.99, ge=0, le=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the share of the main colour if it condemns, else the entropy."""
        plain = rows["main_colour"] > self.main_colour
        return Verdict(
            plain | (rows["entropy"] < self.entropy), rows["entropy"].mask(plain, rows["main_colour"])
        )
