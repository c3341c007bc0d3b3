"""Functions for the executor's tests; spawned processes import them by name, hence a module of their own."""

import os
import signal
import time
from pathlib import Path

from stages.core.errors import BadDataError


def square(number: int) -> int:
    return number * number


def slow_first(number: int) -> int:
    time.sleep(0.2 if number == 0 else 0.0)
    return number


def fail_at_two(number: int) -> int:
    if number == 2:
        raise BadDataError("shard 2 is damaged")
    return number


def die(_number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def threads(_number: int) -> str | None:
    return os.environ.get("OMP_NUM_THREADS")


def hang(folder: str) -> None:
    Path(folder, str(os.getpid())).touch()
    while True:
        time.sleep(1)
