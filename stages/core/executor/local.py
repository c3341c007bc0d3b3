"""One function over many shards, on processes of this machine.

A worker that is killed, as the kernel does when memory runs out, takes the whole pool with it and does not
say which shard it had. So the shards that were under way are done again one at a time, each in a process of
its own: it has the memory to itself then, and if it dies again, it is known by name.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Generic, NamedTuple

from stages.core.errors import TryAgainError
from stages.core.executor.base import AHEAD, ONE_THREAD, SECONDS_BETWEEN_LOOKS, ResultT, ShardT, shown
from stages.core.process import obey_stop

_TRIES_ALONE = 2  # of a shard whose worker was killed


class _Pending(NamedTuple, Generic[ShardT, ResultT]):
    """A shard that was handed out, and its result to be."""

    shard: ShardT
    result: Future[ResultT]


def map_local(
    function: Callable[[ShardT], ResultT],
    shards: Iterator[ShardT],
    workers: int,
    while_waiting: Callable[[], None],
) -> Iterator[ResultT]:
    """See `map_shards`: on `workers` processes that die with this one.

    They are forked from a server without threads that has loaded the function's module once ("forkserver").

    Raises:
        TryAgainError: a worker died of the same shard again and again.
        StopRequestedError: SIGTERM or SIGINT came.
    """
    while lost := (yield from _together(function, shards, workers, while_waiting)):
        for pending in lost:
            done = pending.result.done() and pending.result.exception() is None
            yield pending.result.result() if done else _alone(function, pending.shard, while_waiting)


def _together(
    function: Callable[[ShardT], ResultT],
    shards: Iterator[ShardT],
    workers: int,
    while_waiting: Callable[[], None],
) -> Generator[ResultT, None, list[_Pending[ShardT, ResultT]]]:
    """Give results until a worker dies; return what was handed out and not given by then."""
    pending: deque[_Pending[ShardT, ResultT]] = deque()
    with _pool(workers, function.__module__) as pool:
        try:
            pending.extend(_handed_out(pool, function, islice(shards, workers * AHEAD)))
            while pending:
                result = _awaited(pending[0].result, while_waiting)
                pending.popleft()
                yield result
                pending.extend(_handed_out(pool, function, islice(shards, 1)))
        except BrokenProcessPool:  # or the signal was meant for all of us
            obey_stop()
    return list(pending)


def _awaited(result: Future[ResultT], while_waiting: Callable[[], None]) -> ResultT:
    obey_stop()
    while not wait([result], SECONDS_BETWEEN_LOOKS).done:
        while_waiting()
        obey_stop()
    return result.result()


def _handed_out(
    pool: ProcessPoolExecutor, function: Callable[[ShardT], ResultT], shards: Iterator[ShardT]
) -> Iterator[_Pending[ShardT, ResultT]]:
    for shard in shards:
        try:
            yield _Pending(shard, pool.submit(function, shard))
        except BrokenProcessPool as error:  # a shard that was taken must not be lost
            failed: Future[ResultT] = Future()
            failed.set_exception(error)
            yield _Pending(shard, failed)


def _alone(
    function: Callable[[ShardT], ResultT], shard: ShardT, while_waiting: Callable[[], None]
) -> ResultT:
    for _ in range(_TRIES_ALONE):
        with _pool(1, function.__module__) as pool, contextlib.suppress(BrokenProcessPool):
            return _awaited(pool.submit(function, shard), while_waiting)
        obey_stop()
    raise TryAgainError(
        f"a worker process died of shard {shown(shard)}, also when it ran alone, often for want of memory; "
        "make the shards smaller or run again where there is more"
    )


@contextlib.contextmanager
def _pool(workers: int, module: str) -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([module])
    with _one_thread_each():
        pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)
        with _shut_down(pool):
            yield pool


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes that start inside the block compute with one thread: order of sums, and no crowding."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
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
