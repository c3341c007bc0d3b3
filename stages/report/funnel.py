"""The data's funnel: what came in, what was set aside or dropped and why, what is kept."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from stages.report.tables import ask

_LINES = """
    SELECT CASE status WHEN 'ok' THEN 'ok' ELSE status || ': ' || reason END AS fate, count(*) AS lines
    FROM ledger GROUP BY fate ORDER BY lines DESC, fate
"""
_KEPT = "SELECT source, split, count(*) FROM kept GROUP BY ALL ORDER BY source, 3 DESC, split"
_DROPPED = "SELECT reason, source, count(*) FROM dropped GROUP BY ALL ORDER BY reason, 3 DESC, source"


@dataclass(frozen=True)
class Drop:
    """A reason for dropping, and how many samples of which sources it took."""

    reason: str
    sources: dict[str, int]

    @property
    def samples(self) -> int:
        """Samples that were dropped for this reason."""
        return sum(self.sources.values())


@dataclass(frozen=True)
class Source:
    """One source of a corpus: samples in, samples kept, and the kept ones by split."""

    name: str
    entered: int
    splits: dict[str, int]

    @property
    def kept(self) -> int:
        """Samples of this source that were kept."""
        return sum(self.splits.values())


@dataclass(frozen=True)
class Funnel:
    """A corpus from manifest lines to kept samples.

    Attributes:
        corpus: the corpus' name.
        lines: manifest lines by what became of them at ingest: `ok`, or a reason.
        drops: by reason, most frequent first.
        sources: by name.
        splits: kept samples by split, most frequent first.
    """

    corpus: str
    lines: dict[str, int]
    drops: tuple[Drop, ...]
    sources: tuple[Source, ...]
    splits: dict[str, int]

    @property
    def entered(self) -> int:
        """Samples that the filter decided on."""
        return sum(source.entered for source in self.sources)

    @property
    def kept(self) -> int:
        """Samples that it kept."""
        return sum(source.kept for source in self.sources)

    @property
    def dropped(self) -> int:
        """Samples that it dropped."""
        return self.entered - self.kept


def read_funnel(data: Path, corpus: str) -> Funnel | None:
    """The funnel of a corpus from its ledgers and the filter's decisions; None if nothing was decided yet.

    Raises:
        BadDataError: a table is damaged.
    """
    decisions = data / "filtered" / corpus / "decisions"
    kept = ask(_KEPT, kept=decisions / "kept.parquet")
    dropped = ask(_DROPPED, dropped=decisions / "dropped.parquet")
    if kept is None or dropped is None:
        return None
    return Funnel(corpus, read_lines(data / "ingested" / corpus), _drops(dropped), *_sources(kept, dropped))


def read_lines(folder: Path) -> dict[str, int]:
    """Manifest lines by what became of them: `ok`, or `failed: <reason>` and `refused: <reason>`."""
    return dict(ask(_LINES, ledger=folder / "*.ledger.parquet") or ())


def ranked(counts: dict[str, int]) -> dict[str, int]:
    """Counts by name, most frequent first and then by name."""
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _drops(dropped: list[tuple[str, str, int]]) -> tuple[Drop, ...]:
    """From (reason, source, samples), each reason's sources in the order of their rank."""
    by_reason: dict[str, dict[str, int]] = defaultdict(dict)
    for reason, source, samples in dropped:
        by_reason[reason][source] = samples
    drops = [Drop(reason, sources) for reason, sources in by_reason.items()]
    return tuple(sorted(drops, key=lambda drop: (-drop.samples, drop.reason)))


def _sources(
    kept: list[tuple[str, str, int]], dropped: list[tuple[str, str, int]]
) -> tuple[tuple[Source, ...], dict[str, int]]:
    """The sources, and the kept samples by split; rows are (source, split, n) and (reason, source, n)."""
    entered: dict[str, int] = defaultdict(int)
    by_source: dict[str, dict[str, int]] = defaultdict(dict)
    splits: dict[str, int] = defaultdict(int)
    for source, split, samples in kept:
        entered[source] += samples
        by_source[source][split] = samples
        splits[split] += samples
    for _, source, samples in dropped:
        entered[source] += samples
    return tuple(Source(name, entered[name], by_source[name]) for name in sorted(entered)), ranked(splits)
