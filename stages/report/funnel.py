"""The data's funnel: what came in, what was set aside or dropped and why, what is kept."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stages.report.tree import read_columns


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
    """The funnel of a corpus from its ledgers and the filter's decisions; None if nothing was decided yet."""
    decisions = data / "filtered" / corpus / "decisions"
    kept = read_columns(decisions / "kept.parquet", "source", "split")
    dropped = read_columns(decisions / "dropped.parquet", "source", "reason")
    if kept is None or dropped is None:
        return None
    return Funnel(
        corpus,
        read_lines(data / "ingested" / corpus),
        _drops(dropped),
        _sources(kept, dropped),
        ranked(split for _, split in kept),
    )


def read_lines(folder: Path) -> dict[str, int]:
    """Manifest lines by what became of them: `ok`, or `failed: <reason>` and `refused: <reason>`."""
    fates: list[str] = []
    for path in sorted(folder.glob("*.ledger.parquet")):
        rows = read_columns(path, "status", "reason") or []
        fates += [status if status == "ok" else f"{status}: {reason}" for status, reason in rows]
    return ranked(fates)


def ranked(names: Iterable[str]) -> dict[str, int]:
    """Counts by name, most frequent first and then by name."""
    return dict(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0])))


def _drops(dropped: list[tuple[str, str]]) -> tuple[Drop, ...]:
    reasons = ranked(reason for _, reason in dropped)
    return tuple(
        Drop(name, ranked(source for source, reason in dropped if reason == name)) for name in reasons
    )


def _sources(kept: list[tuple[str, str]], dropped: list[tuple[str, str]]) -> tuple[Source, ...]:
    entered = Counter([source for source, _ in kept] + [source for source, _ in dropped])
    return tuple(
        Source(name, entered[name], ranked(split for source, split in kept if source == name))
        for name in sorted(entered)
    )
