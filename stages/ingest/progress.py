"""What a person sees of a run: how far it is, how fast, what fails and why.

On a terminal this is one live display; elsewhere a line per shard and a line each ten seconds. Both are
drawn from the same numbers, which come from the workers' journals, so that they move within a long shard,
too. Rates and times are shown and never stored: the same inputs have to give the same bytes.
"""

import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Self

from stages.ingest.advice import advice
from stages.ingest.shards import ShardResult
from stages.ingest.tally import Tally
from stages.ingest.view import Live, State

_WARN_ABOVE = 0.2  # of a source's lines
_WARN_AFTER = 50  # lines; a small beginning says little
_SECONDS_BETWEEN_LINES = 10.0
_SECONDS_BETWEEN_LOOKS = 0.5
_SECONDS_OF_RATE = 60.0  # rates are of the last minute: the time left follows what the servers do now


class Progress:
    """Counts outcomes as they come, and shows them; used as a context manager.

    Args:
        corpus: its name, which begins each line.
        shards: how many there will be.
        lines: how many there will be.
        journals: the folder of the workers' journals.
        say: takes each line; on a terminal they scroll by above the live display.
        clock: seconds that only grow; replaced in tests.
    """

    def __init__(
        self,
        corpus: str,
        shards: int,
        lines: int,
        journals: Path,
        say: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._corpus, self._shards, self._lines, self._clock = corpus, shards, lines, clock
        self._tally = Tally(journals)
        self._live = Live(corpus) if sys.stderr.isatty() else None
        self._say = self._live.say if self._live else say
        self._looked = self._spoke = clock()
        self._points = deque([(self._looked, 0, 0)])  # seconds, fresh lines, fresh bytes
        self._warned: set[str] = set()

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    @property
    def ok(self) -> int:
        """Lines that yielded samples."""
        return self._state().statuses["ok"]

    def look(self) -> None:
        """Show how far the workers are, if it is time to."""
        now = self._clock()
        if now - self._looked < _SECONDS_BETWEEN_LOOKS:
            return
        self._looked = now
        self._tally.look()
        self._warn()
        self._note_rate(now)
        if self._live:
            self._live.show(self._state())
        elif now - self._spoke >= _SECONDS_BETWEEN_LINES:
            self._spoke = now
            self._say(f"{self._corpus}: {self._state()}")

    def add(self, result: ShardResult) -> None:
        """Count a shard that is done, and say so."""
        self._tally.add(result)
        lines = result.outcomes.total()
        good = sum(count for (_, status, _), count in result.outcomes.items() if status == "ok")
        note = f"{lines} lines, {good} ok, {result.bytes / 1e6:.1f} MB, {result.seconds:.1f} s"
        if result.kept == lines:
            note = f"{lines} lines, {good} ok, kept from an earlier run"
        elif result.kept:
            note += f", {result.kept} kept from an earlier run"
        self._say(f"{self._corpus}: shard {result.number + 1} of {self._shards}: {note}")
        self._warn()
        self.look()

    def summary(self) -> list[str]:
        """A table by source: lines that went well, and failed ones by reason."""
        sources = sorted({source for source, _, _ in self._tally.outcomes})
        width = max(map(len, sources), default=0)
        lines = []
        for source in sources:
            state = self._state(source)
            reasons = ", ".join(f"{reason} {count}" for _, reason, count in state.failures)
            lines.append(f"{source:{width}}  {state.statuses['ok']:8d} ok  {reasons}".rstrip())
        return lines

    def commonest(self) -> str:
        """The commonest reason of failure, for a message when nothing went well."""
        failures = self._state().failures
        return f"{failures[0][1]} ({failures[0][2]} times)" if failures else "no lines at all"

    def _note_rate(self, now: float) -> None:
        fresh = self._tally.outcomes.total() - self._tally.kept
        self._points.append((now, fresh, self._tally.bytes))
        while len(self._points) > 2 and now - self._points[0][0] > _SECONDS_OF_RATE:
            self._points.popleft()

    def _warn(self) -> None:
        """Say once, early, that something is wrong with a source as a whole, why, and what may help."""
        for source in sorted({source for source, _, _ in self._tally.outcomes} - self._warned):
            state = self._state(source)
            bad = state.done - state.statuses["ok"]
            if state.done < _WARN_AFTER or bad <= _WARN_ABOVE * state.done:
                continue
            self._warned.add(source)
            reasons = ", ".join(f"{reason} {count}" for _, reason, count in state.failures[:3])
            help_ = advice(*state.failures[0][:2])
            self._say(
                f"warning: {bad} of the first {state.done} lines of '{source}' failed: {reasons}; {help_}"
            )

    def _state(self, source: str | None = None) -> State:
        """The numbers to show, of all sources or of one."""
        outcomes: Counter[tuple[str, str]] = Counter()
        for (name, status, reason), count in self._tally.outcomes.items():
            if source in (None, name):
                outcomes[status, reason] += count
        (first, lines, size), (last, more_lines, more_size) = self._points[0], self._points[-1]
        seconds = max(last - first, 1e-9)
        return State.of(outcomes, self._lines, (more_lines - lines) / seconds, (more_size - size) / seconds)
