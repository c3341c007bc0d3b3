"""Jobs side by side, results as they come: what is slow keeps no thread from the others.

Jobs belong to lanes (the hosts of their links), and a lane has a width: however slow or busy a host is, it
occupies so many threads and no more. A job occupies its thread until its result is taken, so that a run that
is killed has fetched little that it did not note.
"""

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
        self._threads, self._width = threads, width
        self._pool = ThreadPoolExecutor(threads)
        self._lanes: dict[str, _Lane] = {}
        self._ready: deque[int] = deque()  # jobs whose lane has a place for them
        self._under_way = 0
        self._arrived: SimpleQueue[Future[tuple[int, Lease, ResultT]]] = SimpleQueue()

    def results(self) -> Generator[tuple[int, ResultT]]:
        """The position and result of each job as it ends; its room is given back with the next one."""
        try:
            for position in range(len(self._asks)):
                self._enter(position)
            self._start()
            for _ in self._asks:
                position, lease, result = self._arrived.get().result()
                self._leave(position)
                self._start()
                yield position, result
                del result  # its room is given to others
                lease.close()
        finally:
            self._budget.close()
            self._pool.shutdown(cancel_futures=True)

    def _enter(self, position: int) -> None:
        """Let a job start, or wait until its lane has a place."""
        lane = self._lanes.setdefault(self._lane(self._asks[position]), _Lane())
        if lane.running < self._width:
            lane.running += 1
            self._ready.append(position)
        else:
            lane.waiting.append(position)

    def _leave(self, position: int) -> None:
        """Give the place in the lane to the next job."""
        self._under_way -= 1
        lane = self._lanes[self._lane(self._asks[position])]
        if lane.waiting:
            self._ready.append(lane.waiting.popleft())
        else:
            lane.running -= 1

    def _start(self) -> None:
        while self._ready and self._under_way < self._threads:
            self._under_way += 1
            self._pool.submit(self._do, self._ready.popleft()).add_done_callback(self._arrived.put)

    def _do(self, position: int) -> tuple[int, Lease, ResultT]:
        lease = self._budget.lease()
        return position, lease, self._run(self._asks[position], lease)
