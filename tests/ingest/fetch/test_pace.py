"""The pace of each host, on a clock that tests turn by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.safety import BadItemError
from stages.ingest.fetch.pace import Pace
from stages.ingest.params import HostLimits


class Clock:
    """Sleeping moves it."""

    def __init__(self) -> None:
        self.now = 0.0

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def pace(clock: Clock, rate: float | None = 10.0, burst: int = 1, workers: int = 1) -> Pace:
    limits = HostLimits(requests_per_second=rate, burst=burst)
    return Pace(limits, 10.0, workers, clock.read, clock.sleep)


@given(
    rate=st.floats(0.1, 100),
    burst=st.integers(1, 20),
    workers=st.integers(1, 4),
    gaps=st.lists(st.floats(0, 3), min_size=1, max_size=60),
)
def test_no_stretch_of_time_sees_more_than_the_limits(
    rate: float, burst: int, workers: int, gaps: list[float]
) -> None:
    clock = Clock()
    limited = pace(clock, rate, burst, workers)
    times = []
    for gap in gaps:
        clock.sleep(gap)
        limited.wait("a")
        times.append(clock.now)
    share = max(1, burst // workers)
    for first, start in enumerate(times):
        for last in range(first, len(times)):
            allowed = share + (times[last] - start) * rate / workers
            assert last - first + 1 <= allowed + 1e-6


def test_a_burst_passes_and_then_the_rate_holds() -> None:
    clock = Clock()
    limited = pace(clock, rate=10, burst=3)
    for _ in range(5):
        limited.wait("a")
    assert clock.now == pytest.approx(0.2)


def test_without_a_rate_nothing_waits() -> None:
    clock = Clock()
    limited = pace(clock, rate=None)
    for _ in range(100):
        limited.wait("a")
    assert clock.now == 0


def test_a_busy_host_is_left_alone_for_as_long_as_it_asks_and_no_other() -> None:
    clock = Clock()
    limited = pace(clock)
    limited.note("busy", busy=True, wait=7.0)
    limited.wait("other")
    assert clock.now == 0
    limited.wait("busy")
    assert clock.now == 7.0


def test_a_host_that_does_not_say_how_long_is_left_alone_longer_each_time() -> None:
    clock = Clock()
    limited = pace(clock, rate=None)
    pauses = []
    for _ in range(8):
        limited.note("a", busy=True)
        before = clock.now
        limited.wait("a")
        pauses.append(clock.now - before)
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.5, 10.0)
    limited.note("a", busy=False)
    limited.note("a", busy=True)
    before = clock.now
    limited.wait("a")
    assert clock.now - before == 0.5


def test_a_pause_beyond_the_bound_is_not_sat_out() -> None:
    clock = Clock()
    limited = pace(clock)
    limited.note("a", busy=True, wait=3600.0)
    with pytest.raises(BadItemError, match="host_busy") as caught:
        limited.wait("a")
    assert (caught.value.kind, clock.now) == ("transient", 0)
    assert caught.value.wait == pytest.approx(3600.0)


def test_a_crawl_delay_is_honoured_up_to_the_bound() -> None:
    clock = Clock()
    limited = pace(clock, rate=100, burst=20)
    limited.crawl_delay("a", 2.0)
    limited.crawl_delay("b", 86_400.0)
    for _ in range(3):
        limited.wait("a")
    assert clock.now == pytest.approx(4.0)
    limited.wait("b")
    limited.wait("b")
    assert clock.now == pytest.approx(14.0)
