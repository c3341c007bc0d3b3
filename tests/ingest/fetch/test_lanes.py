"""Many links at once: lanes, and the bound on bytes in flight."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.errors import TryAgainError
from stages.core.safety import BadItemError
from stages.ingest.fetch.budget import Budget, Lease
from stages.ingest.fetch.lanes import Lanes

Ask = tuple[str, tuple[int, ...]]  # lane, and the bytes that are held one after the other


class Ledger:
    """Runs jobs that hold bytes, and remembers the most that were held and under way at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running: dict[str, int] = {}
        self.held = 0
        self.most_running = 0
        self.most_held = 0

    def run(self, ask: Ask, lease: Lease) -> int:
        lane, sizes = ask
        with self.lock:
            self.running[lane] = self.running.get(lane, 0) + 1
            self.most_running = max(self.most_running, self.running[lane])
        before = 0
        for size in sizes:
            lease.hold(size)
            with self.lock:
                self.held += size - before
                self.most_held = max(self.most_held, self.held)
            before = size
            time.sleep(0)
        with self.lock:
            self.running[lane] -= 1
        return before

    def used(self, size: int) -> None:
        with self.lock:
            self.held -= size


def lanes(
    asks: list[Ask], ledger: Ledger, threads: int = 4, width: int = 2, room: int = 100
) -> Lanes[Ask, int]:
    return Lanes(asks, ledger.run, lambda ask: ask[0], threads=threads, width=width, budget=Budget(room))


@settings(deadline=None, max_examples=50)
@given(
    asks=st.lists(
        st.tuples(st.sampled_from("abc"), st.lists(st.integers(0, 150), min_size=1, max_size=3).map(tuple)),
        max_size=40,
    ),
    threads=st.integers(1, 6),
    width=st.integers(1, 3),
    room=st.integers(1, 200),
)
def test_every_job_ends_within_all_bounds(asks: list[Ask], threads: int, width: int, room: int) -> None:
    """Also jobs that hold a part and want more, all of which together do not fit."""
    ledger, found = Ledger(), {}
    for position, size in lanes(asks, ledger, threads, width, room).results():
        found[position] = size
        ledger.used(size)
    assert found == {position: sizes[-1] for position, (_, sizes) in enumerate(asks)}
    assert ledger.most_running <= width
    assert ledger.most_held <= room + max((max(sizes) for _, sizes in asks), default=0)


def test_a_slow_lane_keeps_no_thread_from_the_others() -> None:
    gate = threading.Event()

    def run(ask: str, _lease: Lease) -> str:
        assert ask != "slow" or gate.wait(30)
        return ask

    asks = ["slow"] * 20 + [f"host{number}" for number in range(20)]
    results = Lanes(asks, run, str, threads=4, width=2, budget=Budget(1)).results()
    assert {next(results)[1] for _ in range(20)} == set(asks[20:])  # while the slow ones stand still
    gate.set()
    assert [ask for _, ask in results] == ["slow"] * 20


def test_an_error_of_the_run_ends_it() -> None:
    def run(ask: int, _lease: Lease) -> int:
        if ask == 3:
            raise TryAgainError("no names")
        return ask

    results = Lanes(range(10), run, str, threads=1, width=2, budget=Budget(1)).results()
    assert [next(results) for _ in range(3)] == [(0, 0), (1, 1), (2, 2)]
    with pytest.raises(TryAgainError):
        next(results)


def test_who_leaves_early_leaves_nobody_waiting() -> None:
    ledger = Ledger()
    results = lanes([(f"host{number}", (90,)) for number in range(20)], ledger).results()
    next(results)
    before = threading.active_count()
    results.close()
    assert threading.active_count() == before - 4


def test_a_closed_budget_sends_its_waiters_away() -> None:
    budget = Budget(10)
    oldest, waiting = budget.lease(), budget.lease()
    oldest.hold(500)
    budget.close()
    with pytest.raises(BadItemError, match="stopped"):
        waiting.hold(11)
