"""How fast each host is asked: a token bucket, and pauses when a host says that it is busy.

A bucket lets `burst` requests through at once and `requests_per_second` after that. A host that answers 429
or 503 is left alone for as long as it asks (Retry-After), or for a growing while if it does not say; no other
host is slowed. A pause longer than `longest_wait` is not sat out: the host's links are left for another run.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from stages.core.safety import BadItemError
from stages.ingest.params import HostLimits

_FIRST_PAUSE = 0.5  # seconds; doubled with each busy answer in a row
_MOST_DOUBLINGS = 10
_KEPT = 20_000  # hosts; one that was not asked for that long starts afresh


@dataclass
class _Host:
    interval: float  # seconds between two requests on average
    burst: int
    full: float = float(
        "-inf"
    )  # when the bucket would be full again (the "theoretical arrival time" of GCRA)
    paused_until: float = float("-inf")
    busy: int = 0  # busy answers in a row


class Pace:
    """The clocks of all hosts that a process asks; threads share it.

    The limits are of the machine. Workers do not talk to each other, so each of them takes an equal share:
    the promise holds, and a host whose links lie in one shard alone gets less than it was promised.

    Args:
        limits: of one host, for all workers together.
        longest_wait: seconds; a longer pause is not sat out.
        workers: how many processes share the limits.
        clock: seconds that only grow.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        limits: HostLimits,
        longest_wait: float,
        workers: int = 1,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        rate = limits.requests_per_second
        interval, burst = workers / rate if rate else 0.0, max(1, limits.burst // workers)
        self._state = lru_cache(_KEPT)(lambda _host: _Host(interval, burst))
        self._workers = workers
        self._longest_wait = longest_wait
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()

    def wait(self, host: str) -> None:
        """Return when the host may be asked, with a token of its bucket taken.

        Raises:
            BadItemError: the host wants to be left alone for longer than is waited (transient).
        """
        with self._lock:
            state = self._state(host)
            start = max(self._clock(), state.full - (state.burst - 1) * state.interval)
            state.full = max(start, state.full) + state.interval
        while True:
            with self._lock:
                now = self._clock()
                pause = state.paused_until - now
                left = max(start, state.paused_until) - now
            if pause > self._longest_wait:
                raise BadItemError("host_busy", f"{host} asked to be left alone", "transient", pause)
            if left <= 0:
                return
            self._sleep(left)

    def note(self, host: str, *, busy: bool, wait: float = 0.0) -> None:
        """Remember how a host answered.

        Args:
            host: who answered.
            busy: whether it was 429 or 503.
            wait: the seconds it asked for, 0 if it did not say.
        """
        with self._lock:
            state = self._state(host)
            if not busy:
                state.busy = 0
                return
            grown = _FIRST_PAUSE * 2 ** min(state.busy, _MOST_DOUBLINGS)
            state.busy += 1
            pause = wait or min(self._longest_wait, grown)
            state.paused_until = max(state.paused_until, self._clock() + pause)

    def crawl_delay(self, host: str, seconds: float) -> None:
        """Ask a host no more often than it wishes, bounded by `longest_wait`."""
        with self._lock:
            state = self._state(host)
            state.interval = max(state.interval, min(seconds, self._longest_wait) * self._workers)
            state.burst = 1
