"""What a rule is: thresholds from params.yaml, and a pure function of the features of many samples."""

import abc
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from stages.core.params import Params


@dataclass(frozen=True)
class Verdict:
    """What a rule says of each row.

    Attributes:
        condemned: whether to drop; null counts as no, so that a missing feature never condemns.
        value: what the rule compared with its threshold.
    """

    condemned: "pd.Series[bool]"
    value: "pd.Series[float] | pd.Series[str]"


class Rule(Params, abc.ABC):
    """The base of all rules; the fields of a subclass are its thresholds."""

    columns: ClassVar[frozenset[str]]
    """Names of stages.core.features.FEATURES that it looks at."""

    def needs(self) -> frozenset[str]:
        """Those of its columns without which it would keep everything."""
        return self.columns

    @abc.abstractmethod
    def judge(self, rows: pd.DataFrame) -> Verdict:
        """Judge rows with the columns of stages.core.features.FEATURES, each by itself alone."""
