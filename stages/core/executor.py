"""One function over many shards, on processes of this machine.

Stages call `map_shards` and know nothing of processes; another executor (a Ray cluster) takes its place here.
Each shard writes its own output, so that neither the number of workers nor their speed changes a byte.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TypeVar

from stages.core.errors import BadConfigError, TryAgainError
from stages.core.process import obey_stop

ShardT = TypeVar("ShardT")
ResultT = TypeVar("ResultT")

WORKERS_VARIABLE = "TENFOLD_WORKERS"
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_SECONDS_BETWEEN_LOOKS = 0.25  # at how far the workers are, and whether to stop
_AHEAD = 2  # shards handed out per worker: none idles, and the list of shards need not fit in memory


def worker_count() -> int:
    """How many processes to use: `TENFOLD_WORKERS`, else one per usable core.

    It is no parameter of params.yaml since it changes the time, never the result.

    Raises:
        BadConfigError: the variable is no positive integer.
    """
    text = os.environ.get(WORKERS_VARIABLE)
    if text is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not text.isdecimal() or int(text) < 1:
        raise BadConfigError(f"{WORKERS_VARIABLE}: expected a positive integer, found {text!r}")
    return int(text)


def map_shards(
    function: Callable[[ShardT], ResultT],
    shards: Iterable[ShardT],
    workers: int | None = None,
    while_waiting: Callable[[], None] = lambda: None,
) -> Iterator[ResultT]:
    """Apply a function to each shard and give the results in the order of the shards.

    Workers are started afresh ("spawn"), run one thread of arithmetic each, and die with this process. The
    first error ends the whole map, and so does a request to stop: shards that are under way are stopped, and
    those done stay on the disk.

    Args:
        function: importable by name; it writes the shard's output and returns a small result.
        shards: what the function is applied to, taken from the iterable as workers become free.
        workers: number of processes; `worker_count()` by default.
        while_waiting: called now and then until the next result is there, to show how far the workers are.

    Raises:
        TryAgainError: a worker died, as it does when memory runs out.
        StopRequestedError: SIGTERM or SIGINT came.
    """
    count = worker_count() if workers is None else workers
    context = multiprocessing.get_context("spawn")
    with _one_thread_each():
        pool = ProcessPoolExecutor(count, mp_context=context, initializer=_start_worker)
        with _shut_down(pool):
            try:
                for future in _in_order(pool, function, iter(shards), count * _AHEAD):
                    obey_stop()
                    while not wait([future], _SECONDS_BETWEEN_LOOKS).done:
                        while_waiting()
                        obey_stop()
                    yield future.result()
            except BrokenProcessPool as error:
                raise TryAgainError(
                    "a worker process died, often for want of memory; "
                    f"run again, if need be with fewer workers by {WORKERS_VARIABLE}"
                ) from error


def _in_order(
    pool: ProcessPoolExecutor, function: Callable[[ShardT], ResultT], shards: Iterator[ShardT], ahead: int
) -> Iterator[Future[ResultT]]:
    pending: deque[Future[ResultT]] = deque(pool.submit(function, shard) for shard in islice(shards, ahead))
    while pending:
        yield pending.popleft()
        pending.extend(pool.submit(function, shard) for shard in islice(shards, 1))


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes that start inside the block compute with one thread: order of sums, and no crowding."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(_ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _shut_down(pool: ProcessPoolExecutor) -> Iterator[None]:
    """Wait for the workers to leave; after an error, do not let them finish what nobody will use."""
    before = set(multiprocessing.active_children())
    try:
        yield
    except BaseException:
        for child in set(multiprocessing.active_children()) - before:
            child.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, and never outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
