"""What an evaluation yields, and how a paper's claim is held against it."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd
from matplotlib.figure import Figure

Verdict = Literal["holds", "does not hold", "not measured"]

_RELATIONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Evaluation:
    """Numbers, pictures and tables measured on held-out data.

    Attributes:
        metrics: flat names (`style/top5`) to finite numbers.
        figures: matplotlib figures by name.
        tables: small data frames by name; a column `key` names samples of the corpus.
    """

    metrics: Mapping[str, float]
    figures: Mapping[str, Figure] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """An assertion of the paper's abstract as a metric and a relation.

    Attributes:
        id: stable, `system.name`.
        sentence: the assertion in our words.
        paper: the paper's figure, as text, or "" where it gives none.
        metric: the metric of ours that decides, or "" while this repository does not measure it.
        relation: `<`, `<=`, `>` or `>=`.
        reference: a number, or the name of another metric.
        needs: what it takes to measure it, shown while it is not measured.
    """

    id: str
    sentence: str
    paper: str = ""
    metric: str = ""
    relation: Literal["<", "<=", ">", ">="] = ">"
    reference: float | str = 0.0
    needs: str = ""

    def verdict(self, metrics: Mapping[str, float]) -> Verdict:
        """Hold the claim against measured numbers; nobody tunes this to pass."""
        reference = metrics.get(self.reference) if isinstance(self.reference, str) else self.reference
        if self.metric not in metrics or reference is None:
            return "not measured"
        return "holds" if _RELATIONS[self.relation](metrics[self.metric], reference) else "does not hold"
