"""What the papers claim and what was measured, for all ten systems.

Kept light: the table on the terminal reads this too, and must be there at once.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.core.errors import BadDataError
from stages.report.measures import Measure, gather, headlines
from stages.report.tree import read_json, read_numbers
from stages.systems import REGISTRY, Card, is_built
from stages.systems.board import BOARD, HEADLINES

VERDICTS = ("holds", "does not hold", "not measured")
_MOST_HEADLINES = 4


@dataclass(frozen=True)
class ClaimRow:
    """A claim beside what was measured.

    Attributes:
        id: stable, `system.name`.
        sentence: the assertion in our words.
        paper: the paper's figure, or "".
        metric: the name of the metric that decides, or "".
        ours: its value, or None while it is not measured.
        relation: how `ours` must stand to `beside` for the claim to hold.
        reference: the name of the metric it is held against, or "" for a plain number.
        beside: the value it is held against.
        verdict: one of `VERDICTS`.
        needs: what it takes to measure it.
    """

    id: str
    sentence: str
    paper: str = ""
    metric: str = ""
    ours: float | None = None
    relation: str = ""
    reference: str = ""
    beside: float | None = None
    verdict: str = "not measured"
    needs: str = ""


@dataclass(frozen=True)
class Standing:
    """Where a system stands: what it is, how far it came, and how its claims fared."""

    name: str
    card: Card
    state: str  # `measured`, `not evaluated`, `not trained` or `not built yet`
    metrics: Mapping[str, float]
    claims: tuple[ClaimRow, ...]

    @property
    def verdicts(self) -> dict[str, int]:
        """How many claims hold, do not hold, and are not measured."""
        found = Counter(claim.verdict for claim in self.claims)
        return {verdict: found[verdict] for verdict in VERDICTS}

    @property
    def wording(self) -> Mapping[str, str]:
        """Its headline metrics in words."""
        return HEADLINES.get(self.name, {})

    @property
    def headlines(self) -> list[Measure]:
        """What to show of it where there is room for a few numbers only."""
        measures = gather(self.metrics)
        by_name = {measure.full_name: measure for measure in measures}
        named = [by_name[name] for name in self.wording if name in by_name]
        return named or headlines(measures, _MOST_HEADLINES) or measures[:_MOST_HEADLINES]


def read_standings(data: Path) -> list[Standing]:
    """All ten systems in the order of the registry.

    Raises:
        BadDataError: metrics or claims are there and are not what `stages.evaluate` writes.
    """
    return [_read_standing(data, name, card) for name, card in REGISTRY.items()]


def _read_standing(data: Path, name: str, card: Card) -> Standing:
    metrics = read_numbers(data / "evals" / name / "metrics.json")
    path = data / "evals" / name / "pages" / "claims.json"
    content = read_json(path)
    if metrics is None or content is None:
        weights = data / "models" / name / "weights"
        state = "not evaluated" if weights.is_dir() else "not trained" if is_built(name) else "not built yet"
        waiting = tuple(ClaimRow(ident, sentence) for ident, sentence in BOARD[name].items())
        return Standing(name, card, state, {}, waiting)
    if not isinstance(content, list):
        raise BadDataError(f"{path}: expected a list of claims; run `dvc repro`")
    return Standing(name, card, "measured", metrics, tuple(_claim(path, entry, metrics) for entry in content))


def _claim(path: Path, entry: Any, metrics: Mapping[str, float]) -> ClaimRow:
    try:
        reference = entry["reference"]
        named = isinstance(reference, str)
        return ClaimRow(
            id=entry["id"],
            sentence=entry["sentence"],
            paper=entry["paper"],
            metric=entry["metric"],
            ours=metrics.get(entry["metric"]),
            relation=entry["relation"],
            reference=reference if named else "",
            beside=metrics.get(reference) if named else float(reference),
            verdict=entry["verdict"],
            needs=entry["needs"],
        )
    except (KeyError, TypeError) as error:
        raise BadDataError(f"{path}: a claim without {error}; run `dvc repro`") from error
