"""What is shown: numbers that move within a shard, an early warning with advice, a table at the end."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stages.core.safety import BadItemError
from stages.ingest.items import Item
from stages.ingest.ledger import bad_row, ok_row
from stages.ingest.progress import Progress
from stages.ingest.shards import ShardResult
from stages.ingest.spool import Spool, remove_spool

GOOD, DEAD = ("s", "ok", ""), ("s", "failed", "http_404")


class Watch:
    """A progress of 1,000 lines in ten shards, with a clock and ears of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now, self.said = folder, 0.0, list[str]()
        self.progress = Progress("c", 10, 1000, folder, self.said.append, clock=lambda: self.now)

    def look_at(self, seconds: float) -> str:
        """The last line that was said by then."""
        self.now = seconds
        self.progress.look()
        return self.said[-1] if self.said else ""

    def add(self, number: int, outcomes: dict[Any, int], **facts: Any) -> None:
        result = {
            "number": number,
            "outcomes": Counter(outcomes),
            "bytes": 5_000_000,
            "kept": 0,
            "seconds": 2.0,
        }
        self.progress.add(ShardResult(**result | facts))


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path)


def journal(folder: Path, number: int, lines: int, dead: int = 0) -> None:
    """What a worker notes of a shard that is under way."""
    item = Item(key="s-00000000", source="s", licence="MIT")
    with Spool(folder / f"{number:05d}", "x") as spool:
        for line in range(len(spool.done), lines):
            bad = bad_row(item, BadItemError("http_404"), 0)
            spool.add(line, bad if line < dead else ok_row(item, 1, 1, 1_000_000, "0" * 64), [])


def test_numbers_move_within_a_shard(watch: Watch) -> None:
    journal(watch.folder, 0, 10)
    watch.look_at(1.0)
    journal(watch.folder, 0, 20)
    watch.look_at(2.0)
    journal(watch.folder, 0, 30, dead=0)
    line = watch.look_at(10.0)
    assert line.startswith("c: 30 of 1,000 lines, ")
    assert "; 30 ok, 0 failed, 0 refused" in line
    assert len(watch.said) == 1


def test_rate_time_left_and_errors(watch: Watch) -> None:
    watch.look_at(0.0)
    watch.add(0, {GOOD: 80, DEAD: 15, ("s", "refused", "robots"): 5})
    assert watch.look_at(10.0) == (
        "c: 100 of 1,000 lines, 10 lines/s, 90 s left, 0.5 MB/s; "
        "80 ok, 15 failed, 5 refused: http_404 15, robots 5"
    )


def test_a_shard_is_counted_once_though_its_journal_was_seen(watch: Watch) -> None:
    journal(watch.folder, 0, 100)
    watch.look_at(1.0)
    watch.add(0, {GOOD: 100})
    assert "c: 100 of 1,000 lines" in watch.look_at(11.0)
    remove_spool(watch.folder / "00000")
    assert watch.progress.ok == 100


def test_what_an_earlier_run_has_done_makes_no_rate(watch: Watch) -> None:
    watch.add(0, {GOOD: 100}, kept=100)
    watch.add(1, {GOOD: 100}, kept=60)
    assert watch.said == [
        "c: shard 1 of 10: 100 lines, 100 ok, kept from an earlier run",
        "c: shard 2 of 10: 100 lines, 100 ok, 5.0 MB, 2.0 s, 60 kept from an earlier run",
    ]
    assert "200 of 1,000 lines, 4 lines/s" in watch.look_at(10.0)


@pytest.mark.parametrize(
    ("reason", "advice"),
    [("http_404", "a newer list may help"), ("http_503", "--retry transient"), ("odd", "nothing is lost")],
)
def test_a_source_that_fails_is_announced_once_with_why_and_what_to_do(
    watch: Watch, reason: str, advice: str
) -> None:
    watch.add(0, {GOOD: 40, ("s", "failed", reason): 9})
    assert not any(line.startswith("warning") for line in watch.said)
    watch.add(1, {GOOD: 39, ("s", "failed", reason): 12, ("t", "ok", ""): 49})
    watch.add(2, {("s", "failed", reason): 50})
    (warning,) = (line for line in watch.said if line.startswith("warning"))
    assert warning.startswith(f"warning: 21 of the first 100 lines of 's' failed: {reason} 21; ")
    assert advice in warning


def test_the_warning_does_not_wait_for_the_shard(watch: Watch) -> None:
    journal(watch.folder, 0, 60, dead=30)
    assert watch.look_at(1.0).startswith("warning: 30 of the first 60 lines of 's' failed: http_404 30")


def test_the_table(watch: Watch) -> None:
    watch.add(0, {GOOD: 7, DEAD: 2, ("s", "failed", "timeout"): 3, ("longer", "ok", ""): 1})
    assert watch.progress.summary() == [
        "longer         1 ok",
        "s              7 ok  timeout 3, http_404 2",
    ]
    assert watch.progress.commonest() == "timeout (3 times)"


def test_a_terminal_shows_it_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    terminal: Callable[[], bool] = lambda: True
    monkeypatch.setattr("sys.stderr.isatty", terminal)
    watch = Watch(tmp_path)
    with watch.progress:
        watch.add(0, {GOOD: 40, ("s", "failed", "[bold]"): 60})
        watch.look_at(1.0)
    shown = capsys.readouterr().err
    assert "100 of 1,000 lines" in shown
    assert "[bold]" in shown  # a reason is text, never markup
    assert "shard 1 of 10" in shown
