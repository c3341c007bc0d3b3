"""Jobs side by side, results as they come: what is slow keeps no thread from the others.

Jobs belong to lanes (the hosts of their links), and a lane has a width: however slow or busy a host is, it
occupies so many threads and no more.
"""

import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Generic, TypeVar

from stages.ingest.fetch.budget import Budget, Lease

AskT = TypeVar("AskT")
ResultT = TypeVar("ResultT")


@dataclass
class _Lane:
    running: int = 0
    waiting: deque[int] = field(default_factory=deque)


class Lanes(Generic[AskT, ResultT]):
    """One list of jobs and the threads that do them.

    Args:
        asks: what is to be done.
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
        self._width = width
        self._pool = ThreadPoolExecutor(threads)
        self._lanes: dict[str, _Lane] = {}
        self._lock = threading.Lock()
        self._arrived: SimpleQueue[Future[tuple[int, Lease, ResultT]]] = SimpleQueue()

    def results(self) -> Generator[tuple[int, ResultT]]:
        """The position and result of each job as it ends; its room is given back with the next one."""
        try:
            for position in range(len(self._asks)):
                self._enter(position)
            for _ in self._asks:
                position, lease, result = self._arrived.get().result()
                yield position, result
                del result  # its room is given to others
                lease.close()
        finally:
            self._budget.close()
            self._pool.shutdown(cancel_futures=True)

    def _enter(self, position: int) -> None:
        """Let a job start, or wait until its lane has room."""
        with self._lock:
            lane = self._lanes.setdefault(self._lane(self._asks[position]), _Lane())
            if lane.running == self._width:
                lane.waiting.append(position)
                return
            lane.running += 1
        self._start(position)

    def _leave(self, position: int) -> None:
        """Give the place in a lane to the next job."""
        with self._lock:
            lane = self._lanes[self._lane(self._asks[position])]
            if not lane.waiting:
                lane.running -= 1
                return
            following = lane.waiting.popleft()
        self._start(following)

    def _start(self, position: int) -> None:
        self._pool.submit(self._do, position).add_done_callback(self._arrived.put)

    def _do(self, position: int) -> tuple[int, Lease, ResultT]:
        lease = self._budget.lease()
        try:
            return position, lease, self._run(self._asks[position], lease)
        finally:
            if not self._budget.closed:
                self._leave(position)
