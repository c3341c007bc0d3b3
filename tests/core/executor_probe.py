"""Functions for the executor's tests; spawned processes import them by name, hence a module of their own."""

import os
import secrets
import signal
import time
from pathlib import Path

from stages import AVX2_CAPS
from stages.core.errors import BadDataError
from stages.core.records import Sample
from stages.core.seeds import generator
from stages.core.tars import TarWriter


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


def die_at_two(number: int) -> int:
    if number == 2:
        die(number)
    return number


def threads(_number: int) -> str | None:
    return os.environ.get("OMP_NUM_THREADS")


def hang(folder: str) -> None:
    Path(folder, str(os.getpid())).touch()
    while True:
        time.sleep(1)


def die_at_one_once(job: tuple[Path, int]) -> int:
    folder, number = job
    if number == 1 and not (folder / "died").exists():
        (folder / "died").touch()
        die(number)
    return number


def write_tar(job: tuple[Path, int]) -> int:
    folder, number = job
    with TarWriter(folder / f"{number}.tar") as writer:
        writer.write(Sample(f"k{number}", {"bin": generator(number, "bytes").bytes(5000)}))
    return number


def surroundings(_number: int) -> dict[str, str | None]:
    names = [*AVX2_CAPS, "OMP_NUM_THREADS"]
    return {name: os.environ.get(name) for name in names} | {"cwd": str(Path.cwd())}


def count_and_fail_at_two(job: tuple[Path, int]) -> int:
    folder, number = job
    (folder / f"{number}-{secrets.token_hex(4)}").touch()
    return fail_at_two(number)


def wait_for_company(job: tuple[Path, int, int]) -> int:
    """Come back when a number of shards are or were under way, so that each node has one of the first."""
    folder, number, count = job
    (folder / str(number)).touch()
    while len(list(folder.iterdir())) < count:
        time.sleep(0.05)
    time.sleep(0.3 * (number > 0))
    return number
