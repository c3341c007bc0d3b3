"""One function over many shards: on processes of this machine, or on a Ray cluster.

Stages call `map_shards` and know nothing of processes or nodes. Each shard writes its own output, so that
neither the number of workers, nor their speed, nor where they run changes a byte. That is why `executor` is
a section of params.yaml on which no stage depends, and why it is read here and nowhere else.
"""

import os
from collections.abc import Callable, Iterable, Iterator

from stages.core import params
from stages.core.errors import BadConfigError
from stages.core.executor.base import WORKERS_VARIABLE, ExecutorParams, ResultT, ShardT
from stages.core.executor.local import map_local


def worker_count() -> int:
    """How many processes to use on this machine: `TENFOLD_WORKERS`, else one per usable core.

    It is no parameter of params.yaml since it differs from machine to machine.

    Raises:
        BadConfigError: the variable is no positive integer.
    """
    text = os.environ.get(WORKERS_VARIABLE)
    if text is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not text.isdecimal() or int(text) < 1:
        raise BadConfigError(f"{WORKERS_VARIABLE}: expected a positive integer, found {text!r}")
    return int(text)


def executor_params() -> ExecutorParams:
    """Section `executor` of the params.yaml here; the default if there is none.

    Raises:
        BadConfigError: a key is unknown or a value is refused.
    """
    if not params.PARAMS_FILE.exists():
        return ExecutorParams()
    section = params.read_yaml().get("executor", {})
    return params.validate(section, "executor", ExecutorParams)


def map_shards(
    function: Callable[[ShardT], ResultT],
    shards: Iterable[ShardT],
    workers: int | None = None,
    executor: ExecutorParams | None = None,
    while_waiting: Callable[[], None] = lambda: None,
) -> Iterator[ResultT]:
    """Apply a function to each shard and give the results in the order of the shards.

    Workers run one thread of arithmetic each. The first error ends the whole map, and so does a request to
    stop: shards that are under way are stopped, and those done stay on the disk. A shard whose worker is lost
    is done again, a bounded number of times.

    Args:
        function: importable by name; it writes the shard's output, also where it is already, and returns a
            small result.
        shards: what the function is applied to, taken from the iterable as workers become free.
        workers: how many shards at once; by default `worker_count()` here, and the CPUs of a cluster.
        executor: where; by default as params.yaml says.
        while_waiting: called now and then until the next result is there, to show how far the workers are.

    Raises:
        StopRequestedError: SIGTERM or SIGINT came.
        TryAgainError: workers died of the same shard again and again, as they do when memory runs out.
        BadConfigError: the executor cannot be used.
    """
    where = executor_params() if executor is None else executor
    if where.kind == "local":
        count = worker_count() if workers is None else workers
        yield from map_local(function, iter(shards), count, while_waiting)
        return
    if where.address is None and workers is None:  # a cluster of this machine alone
        workers = worker_count()
    from stages.core.executor.ray import map_ray  # noqa: PLC0415 - an optional package, and heavy

    yield from map_ray(function, iter(shards), workers, where, while_waiting)
