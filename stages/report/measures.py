"""Metrics as a reader wants them: a number with its interval and with what chance or a baseline would give.

Systems name them so: beside `style/top5` stand `style/top5_chance`, `style/top5_low` and `style/top5_high`;
`style/r10_chance` belongs to every metric of the group whose name ends in `r10`, and
`strings/language_baseline` to those that begin with `language`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

AGAINST = ("chance", "baseline")
_ENDS = ("low", "high")


@dataclass(frozen=True)
class Measure:
    """A metric and its company.

    Attributes:
        group: the part of its name before the slash, or "".
        name: the rest of its name.
        value: what was measured.
        low: lower end of its interval, if there is one.
        high: upper end of its interval, if there is one.
        beside: what chance or the baseline gives, if that was measured.
        against: which of `AGAINST` it is, or "".
    """

    group: str
    name: str
    value: float
    low: float | None = None
    high: float | None = None
    beside: float | None = None
    against: str = ""

    @property
    def full_name(self) -> str:
        """The metric's name as `stages.evaluate` wrote it."""
        return f"{self.group}/{self.name}" if self.group else self.name


def gather(metrics: Mapping[str, float]) -> list[Measure]:
    """Fold metrics that keep another one company into it; sorted by group, those without one first."""
    measures: list[Measure] = []
    company: set[str] = set()
    for full in sorted(metrics, key=lambda name: (name.rpartition("/")[0], name)):
        group, _, name = full.rpartition("/")
        prefix = f"{group}/" if group else ""
        low, high = (f"{full}_{end}" for end in _ENDS)
        found = [
            (prefix + other, word)
            for word in AGAINST
            for other in _company(name, word, {other.removeprefix(prefix) for other in metrics})
            if prefix + other in metrics and prefix + other != full
        ]
        beside, against = found[0] if found else ("", "")
        company |= {low, high, *(other for other, _ in found)}
        measures.append(
            Measure(
                group, name, metrics[full], metrics.get(low), metrics.get(high), metrics.get(beside), against
            )
        )
    return [measure for measure in measures if measure.full_name not in company]


def headlines(measures: list[Measure], most: int) -> list[Measure]:
    """The measures that stand beside something, the groups taking turns."""
    compared = [measure for measure in measures if measure.beside is not None]
    turns = {
        measure: sum(other.group == measure.group for other in compared[:place])
        for place, measure in enumerate(compared)
    }
    chosen = sorted(compared, key=turns.__getitem__)[:most]
    return [measure for measure in compared if measure in chosen]


def _company(name: str, word: str, siblings: set[str]) -> list[str]:
    """Names under which the company of `image_to_text_r10` may stand: whole, by its ends, by its starts.

    A start that is a metric itself keeps its company: `wer_random` does not take that of `wer`.
    """
    parts = name.split("_")
    ends = ["_".join(parts[start:]) for start in range(len(parts))]
    starts = ["_".join(parts[:stop]) for stop in range(len(parts) - 1, 0, -1)]
    return [f"{one}_{word}" for one in [*ends, *(start for start in starts if start not in siblings)]]
