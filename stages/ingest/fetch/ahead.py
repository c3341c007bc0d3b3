"""Jobs side by side, results in order: what is slow delays its own turn and keeps no thread from the others.

Jobs belong to lanes (the hosts of their links), and a lane has a width: however slow or busy a host is, it
occupies so many threads and no more. Jobs start in their order, as far as their lanes let them.

When it is the turn of a job that no thread has begun, since all of them wait for room, the caller does it
itself. So the job whose turn it is always moves, and with it everything behind it.
"""

import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import PriorityQueue
from typing import Generic, TypeVar

from stages.ingest.fetch.budget import Budget, Lease

AskT = TypeVar("AskT")
ResultT = TypeVar("ResultT")

_STOP = -1  # before every position


@dataclass
class _Lane:
    running: int = 0
    waiting: deque[int] = field(default_factory=deque)


class Ahead(Generic[AskT, ResultT]):
    """One list of jobs and the threads that do them.

    Args:
        asks: what is to be done, in the order of the results.
        run: does one, with room for what it reads; called from many threads.
        lane: of a job.
        threads: how many jobs at once.
        width: how many jobs at once in a lane.
        budget: the room that all of them share.
    """

    def __init__(
        self,
        asks: Sequence[AskT],
        run: Callable[[AskT, Lease], ResultT],
        lane: Callable[[AskT], str],
        *,
        threads: int,
        width: int,
        budget: Budget,
    ) -> None:
        self._asks, self._run, self._lane, self._budget = asks, run, lane, budget
        self._threads, self._width = min(threads, len(asks)), width
        self._futures: list[Future[ResultT]] = [Future() for _ in asks]
        self._leases = [budget.lease(position) for position in range(len(asks))]
        self._lanes: dict[str, _Lane] = {}
        self._ready: PriorityQueue[int] = PriorityQueue()
        self._lock = threading.Lock()

    def results(self) -> Generator[ResultT]:
        """The result of each job in order; its room is given back when the next one is asked for."""
        if not self._asks:
            return
        for position in range(len(self._asks)):
            self._enter(position)
        with ThreadPoolExecutor(self._threads) as pool:
            try:
                for _ in range(self._threads):
                    pool.submit(self._work)
                for position, lease in enumerate(self._leases):
                    self._budget.turn(position)
                    yield self._take(position)
                    lease.hold(0)
            finally:
                self._stop()

    def _take(self, position: int) -> ResultT:
        future = self._futures[position]
        if future.cancel():
            return self._do(position)
        result = future.result()
        self._futures[position] = Future()  # lets go of the result
        return result

    def _enter(self, position: int) -> None:
        """Let a job start, or wait until its lane has room."""
        lane = self._lanes.setdefault(self._lane(self._asks[position]), _Lane())
        if lane.running < self._width:
            lane.running += 1
            self._ready.put(position)
        else:
            lane.waiting.append(position)

    def _leave(self, position: int) -> None:
        with self._lock:
            lane = self._lanes[self._lane(self._asks[position])]
            if lane.waiting:
                self._ready.put(lane.waiting.popleft())
            else:
                lane.running -= 1

    def _work(self) -> None:
        while (position := self._ready.get()) != _STOP:
            future = self._futures[position]
            if not future.set_running_or_notify_cancel():
                continue  # the caller does it
            try:
                result = self._do(position)
            except BaseException as error:  # noqa: BLE001 - the caller raises it
                future.set_exception(error)
            else:
                future.set_result(result)

    def _do(self, position: int) -> ResultT:
        try:
            return self._run(self._asks[position], self._leases[position])
        finally:
            self._leave(position)

    def _stop(self) -> None:
        self._budget.close()
        for future in self._futures:
            future.cancel()
        for _ in range(self._threads):
            self._ready.put(_STOP)
