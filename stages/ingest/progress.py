"""What a person sees of a run: a line per shard, an early warning, and a table at the end."""

import time
from collections import Counter
from collections.abc import Callable

from stages.ingest.shards import ShardResult

_WARN_ABOVE = 0.2  # of a source's lines
_WARN_AFTER = 50  # lines; a small beginning says little


class Progress:
    """Counts outcomes as shards come in.

    Args:
        corpus: its name, which begins each line.
        shards: how many there will be.
        say: takes each line.
    """

    def __init__(self, corpus: str, shards: int, say: Callable[[str], None]) -> None:
        self._corpus, self._shards, self._say = corpus, shards, say
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._begin = time.monotonic()
        self._fresh = 0
        self._warned: set[str] = set()

    @property
    def ok(self) -> int:
        """Lines that yielded samples."""
        return sum(count for (_, reason), count in self._outcomes.items() if reason == "ok")

    def add(self, result: ShardResult) -> None:
        """Count a shard and say so."""
        self._outcomes += result.outcomes
        lines = sum(result.outcomes.values())
        if result.resumed:
            note = "kept from an earlier run"
        else:
            self._fresh += lines
            note = f"{self._fresh / max(time.monotonic() - self._begin, 1e-9):.0f} lines/s"
        good = sum(count for (_, reason), count in result.outcomes.items() if reason == "ok")
        where = f"{self._corpus}: shard {result.number + 1} of {self._shards}"
        self._say(f"{where}: {good} ok, {lines - good} failed, {note}")
        for source in sorted({source for source, _ in result.outcomes} - self._warned):
            self._warn(source)

    def _warn(self, source: str) -> None:
        """Say once, early, that something is wrong with a source as a whole."""
        counts = self._of(source)
        lines = sum(counts.values())
        failed = lines - counts["ok"]
        if lines >= _WARN_AFTER and failed > _WARN_ABOVE * lines:
            self._warned.add(source)
            reasons = ", ".join(f"{reason} {count}" for reason, count in _failures(counts)[:3])
            self._say(f"warning: {failed} of the first {lines} lines of '{source}' failed: {reasons}")

    def summary(self) -> list[str]:
        """A table by source: lines that went well, and failed ones by reason."""
        sources = sorted({source for source, _ in self._outcomes})
        width = max(map(len, sources), default=0)
        lines = []
        for source in sources:
            counts = self._of(source)
            reasons = ", ".join(f"{reason} {count}" for reason, count in _failures(counts))
            lines.append(f"{source:{width}}  {counts['ok']:8d} ok  {reasons}".rstrip())
        return lines

    def commonest(self) -> str:
        """The commonest reason of failure, for a message when nothing went well."""
        counts: Counter[str] = Counter()
        for (_, reason), count in self._outcomes.items():
            counts[reason] += count
        failures = _failures(counts)
        return f"{failures[0][0]} ({failures[0][1]} times)" if failures else "no lines at all"

    def _of(self, source: str) -> Counter[str]:
        return Counter({reason: count for (name, reason), count in self._outcomes.items() if name == source})


def _failures(counts: Counter[str]) -> list[tuple[str, int]]:
    """The reasons, the commonest first, equal ones by name."""
    failed = [(reason, count) for reason, count in counts.items() if reason != "ok"]
    return sorted(failed, key=lambda one: (-one[1], one[0]))
