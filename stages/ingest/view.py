"""The numbers of a run as one line of text, and as a live display on a terminal."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console, Group
from rich.live import Live as RichLive
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

_TOP_ERRORS = 5


@dataclass(frozen=True)
class State:
    """How far a run is.

    Attributes:
        done: lines.
        total: lines, as far as the plan knows: a ready tar counts there as one.
        rate: lines per second.
        speed: bytes per second.
        statuses: lines that are ok, failed, refused.
        failures: status, reason and lines, the commonest first, equal ones by name.
    """

    done: int
    total: int
    rate: float
    speed: float
    statuses: Mapping[str, int]
    failures: list[tuple[str, str, int]]

    @classmethod
    def of(
        cls, outcomes: Mapping[tuple[str, str], int], total: int, rate: float = 0.0, speed: float = 0.0
    ) -> "State":
        """The numbers by outcomes (status and reason)."""
        statuses: Counter[str] = Counter()
        for (status, _), count in outcomes.items():
            statuses[status] += count
        failures = [(*outcome, count) for outcome, count in outcomes.items() if outcome[0] != "ok"]
        failures.sort(key=lambda one: (-one[2], one[1]))
        done = statuses.total()
        return cls(done, max(total, done), rate, speed, statuses, failures)

    @property
    def pace(self) -> str:
        """Rate, time left and speed."""
        left = _duration((self.total - self.done) / self.rate) if self.rate > 0 else "unknown time"
        return f"{self.rate:.0f} lines/s, {left} left, {self.speed / 1e6:.1f} MB/s"

    @property
    def counts(self) -> str:
        """Lines by status."""
        return ", ".join(f"{self.statuses[status]:,} {status}" for status in ("ok", "failed", "refused"))

    def __str__(self) -> str:
        text = f"{self.done:,} of {self.total:,} lines, {self.pace}; {self.counts}"
        reasons = ", ".join(f"{reason} {count:,}" for _, reason, count in self.failures[:_TOP_ERRORS])
        return f"{text}: {reasons}" if reasons else text


class Live:
    """A display that stays at the foot of the terminal."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._console = Console(stderr=True)
        self._live = RichLive(console=self._console, auto_refresh=False, transient=True)

    def start(self) -> None:
        """Begin to occupy the foot of the terminal."""
        self._live.start()

    def stop(self) -> None:
        """Leave the terminal as it was, with the lines that were said."""
        self._live.stop()

    def say(self, line: str) -> None:
        """Print a line above the display; what it quotes from the web is text and no markup."""
        self._console.print(Text(line), soft_wrap=True)

    def show(self, state: State) -> None:
        """Draw the numbers."""
        self._live.update(_drawn(self._title, state), refresh=True)


def _drawn(title: str, state: State) -> Group:
    head = Table.grid(padding=(0, 1))
    bar = ProgressBar(total=max(state.total, 1), completed=state.done, width=40)
    head.add_row(Text(title, "bold"), bar, Text(f"{state.done:,} of {state.total:,} lines"))
    errors = Table.grid(padding=(0, 2))
    for status, reason, count in state.failures[:_TOP_ERRORS]:
        errors.add_row(Text(f"{count:>9,}"), Text(reason), Text(status, "dim"))
    return Group(head, Text(state.pace), Text(state.counts), errors)


def _duration(seconds: float) -> str:
    """As a person says it: 42 s, 12 min, 3 h 5 min."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
