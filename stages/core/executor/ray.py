"""One function over many shards, on the nodes of a Ray cluster.

Ray carries names, paths and small results; the shards themselves stay where they are. So every node needs
this repository, with its data, on a file system that all share (NFS, FSx, Lustre), under the same path:
workers change into it and run its code. Tars of `shard.<corpus>.store` go to S3 from there. Keys for S3 are
each node's own, and are never sent along, since a cluster shows its environments to whoever may look.
"""

import logging
import os
import platform
import signal
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from stages import AVX2_CAPS
from stages.core.errors import BadConfigError, TryAgainError
from stages.core.executor.base import (
    AHEAD,
    ONE_THREAD,
    SECONDS_BETWEEN_LOOKS,
    ExecutorParams,
    ResultT,
    ShardT,
    shown,
)
from stages.core.process import obey_stop

try:
    import ray
    from ray import exceptions
except ImportError as error:
    raise BadConfigError("executor.kind: ray needs its package: pip install 'tenfold[ray]'") from error


def map_ray(
    function: Callable[[ShardT], ResultT],
    shards: Iterator[ShardT],
    workers: int | None,
    where: ExecutorParams,
    while_waiting: Callable[[], None],
) -> Iterator[ResultT]:
    """See `map_shards`: one CPU a shard, done again elsewhere if its worker or its node is lost.

    Raises:
        TryAgainError: the cluster cannot be reached, or a shard was lost more than `where.retries` times.
        BadConfigError: a node lacks this folder.
        StopRequestedError: SIGTERM or SIGINT came.
    """
    _connect(where, workers)
    task: Any = ray.remote(num_cpus=1, max_retries=where.retries, retry_exceptions=False)(_work)
    pending: deque[tuple[ShardT, Any]] = deque()
    try:
        while True:
            room = (workers or AHEAD * _cpus()) - len(pending)
            for shard in islice(shards, max(room, 0)):
                pending.append((shard, task.remote(Path.cwd(), function, shard)))
            if not pending:
                return
            obey_stop()
            while not ray.wait([pending[0][1]], timeout=SECONDS_BETWEEN_LOOKS)[0]:
                while_waiting()
                obey_stop()
            result: ResultT = _result(*pending[0])
            pending.popleft()
            yield result
    finally:
        for _, reference in pending:
            ray.cancel(reference, force=True)


def _work(folder: Path, function: Callable[[ShardT], ResultT], shard: ShardT) -> ResultT:
    """What runs on a node; paths of a stage are relative to the repository."""
    try:
        os.chdir(folder)
    except OSError as error:
        raise BadConfigError(
            f"node {platform.node()} has no {folder}; nodes need the repository on a file system they share"
        ) from error
    return function(shard)


def _result(shard: object, reference: Any) -> Any:
    try:
        return ray.get(reference)
    except exceptions.RayTaskError as error:
        cause = error.cause  # our own error, which is not Ray's to retry
        raise cause if isinstance(cause, Exception) else error from None
    except exceptions.RayError as error:
        reason = str(error).strip().partition("\n")[0]
        raise TryAgainError(
            f"lost shard {shown(shard)} with its worker or node: {reason}; run again"
        ) from error


def _connect(where: ExecutorParams, workers: int | None) -> None:
    """Join the cluster, once for this process; Ray leaves it when the process ends."""
    if ray.is_initialized():
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    alone: dict[str, Any] = {} if where.address else {"num_cpus": workers, "include_dashboard": False}
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        ray.init(
            where.address, runtime_env={"env_vars": _environment()}, logging_level=logging.WARNING, **alone
        )
    except (ConnectionError, TimeoutError, exceptions.RayError) as error:
        raise TryAgainError(f"executor.address: no Ray cluster at {where.address!r} ({error})") from error
    for number, handler in handlers.items():  # Ray takes SIGTERM for itself and would end without saving
        signal.signal(number, handler)


def _environment() -> dict[str, str]:
    """This folder's code, our instruction sets and one thread, all before a worker loads anything."""
    paths = [str(Path.cwd()), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    caps = {name: os.environ[name] for name in AVX2_CAPS}
    return caps | ONE_THREAD | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def _cpus() -> int:
    """CPUs of the nodes that are there now; nodes come and go."""
    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return max(1, int(resources.get("CPU", 1)))
