"""Many links at once: order, lanes, and the bound on bytes in flight."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.errors import TryAgainError
from stages.core.safety import BadItemError
from stages.ingest.fetch.ahead import Ahead
from stages.ingest.fetch.budget import Budget, Lease

Ask = tuple[str, int]  # lane, bytes


class Ledger:
    """Runs jobs that hold bytes, and remembers the most that were held and under way at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running: dict[str, int] = {}
        self.held = 0
        self.most_running = 0
        self.most_held = 0

    def run(self, ask: Ask, lease: Lease) -> int:
        lane, size = ask
        with self.lock:
            self.running[lane] = self.running.get(lane, 0) + 1
            self.most_running = max(self.most_running, self.running[lane])
        try:
            lease.hold(size)
            with self.lock:
                self.held += size
                self.most_held = max(self.most_held, self.held)
            time.sleep(0)
            return size
        finally:
            with self.lock:
                self.running[lane] -= 1


def ahead(
    asks: list[Ask], ledger: Ledger, threads: int = 4, width: int = 2, room: int = 100
) -> Ahead[Ask, int]:
    return Ahead(asks, ledger.run, lambda ask: ask[0], threads=threads, width=width, budget=Budget(room))


@settings(deadline=None, max_examples=40)
@given(
    asks=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 150)), max_size=40),
    threads=st.integers(1, 6),
    width=st.integers(1, 3),
    room=st.integers(1, 200),
)
def test_results_come_in_order_within_all_bounds(
    asks: list[Ask], threads: int, width: int, room: int
) -> None:
    ledger, found = Ledger(), []
    for size in ahead(asks, ledger, threads, width, room).results():
        found.append(size)
        with ledger.lock:
            ledger.held -= size
    assert found == [size for _, size in asks]
    assert ledger.most_running <= width
    assert ledger.most_held <= room + max((size for _, size in asks), default=0)


def test_a_slow_lane_keeps_no_thread_from_the_others() -> None:
    gate, others = threading.Event(), threading.Semaphore(0)

    def run(ask: Ask, _lease: Lease) -> str:
        if ask[0] == "slow":
            assert gate.wait(30)
        else:
            others.release()
        return ask[0]

    asks = [("slow", 0)] * 20 + [(f"host{number}", 0) for number in range(20)]
    results = Ahead(asks, run, lambda ask: ask[0], threads=4, width=2, budget=Budget(1)).results()
    first = threading.Thread(target=lambda: next(results))
    first.start()
    for _ in range(20):
        assert others.acquire(timeout=30)  # all of them while the slow ones stand still
    gate.set()
    first.join()
    assert len(list(results)) == 39


def test_bodies_wait_for_room_until_it_is_their_turn() -> None:
    ledger = Ledger()
    results = ahead([("a", 60), ("b", 60), ("c", 500)], ledger, threads=3).results()
    assert next(results) == 60
    assert ledger.most_held == 60
    ledger.held = 0
    assert list(results) == [60, 500]


def test_an_error_of_the_run_ends_it() -> None:
    def run(ask: Ask, _lease: Lease) -> int:
        if ask[1] == 3:
            raise TryAgainError("no names")
        return ask[1]

    asks = [("a", number) for number in range(10)]
    results = Ahead(asks, run, lambda ask: ask[0], threads=2, width=2, budget=Budget(1)).results()
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(TryAgainError):
        next(results)


def test_who_leaves_early_leaves_nobody_waiting() -> None:
    ledger = Ledger()
    results = ahead([("a", 90), *[(f"host{number}", 90) for number in range(20)]], ledger).results()
    next(results)
    results.close()  # joins the threads
    assert not any(ledger.running.values())


def test_a_closed_budget_sends_its_waiters_away() -> None:
    budget = Budget(10)
    lease = budget.lease(5)
    budget.close()
    with pytest.raises(BadItemError, match="stopped"):
        lease.hold(11)
