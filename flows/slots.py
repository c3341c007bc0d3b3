"""Slots for training and evaluation: one lock per GPU, or per share of the cores where there is no GPU.

A slot is a locked file (`flock`) below `data/work/slots/`. The kernel frees it however its holder ends, so no
crash leaves a slot taken, and unlike a number in a scheduler's database it says *which* GPU is free: that one
goes into CUDA_VISIBLE_DEVICES.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ruamel.yaml import YAML

FOLDER = Path("data/work/slots")
VARIABLE = "TENFOLD_SLOTS"  # how many stages of systems run at once, at most

_POLL = 0.5  # seconds between two looks for a free slot


@dataclass(frozen=True)
class Slots:
    """What this machine can run at once.

    Attributes:
        kind: `gpu` or `cpu`.
        names: one per slot; of a GPU its id, as CUDA_VISIBLE_DEVICES takes it.
        each: how many a stage needs (GPUs: one per rank).
        folder: where the locks are.
    """

    kind: str
    names: tuple[str, ...]
    each: int = 1
    folder: Path = FOLDER


def of_this_machine(limit: int | None = None, params: Path = Path("params.yaml")) -> Slots:
    """The slots as the GPUs, the cores and params.yaml's `train` section allow.

    Args:
        limit: at most so many slots; None for the environment variable TENFOLD_SLOTS, or no limit.
        params: the file whose `train` has `device`, `processes` and `threads`.

    Raises:
        ValueError: the limit is below one, or one stage needs more GPUs than there are.
    """
    train = YAML(typ="safe", pure=True).load(params.read_text(encoding="utf-8")).get("train") or {}
    processes = int(train.get("processes", 1))
    limit = _limit_from_environment() if limit is None else limit
    if limit is not None and limit < 1:
        raise ValueError(f"slots: {limit} is too few; nothing could run")
    devices = [] if train.get("device") == "cpu" else gpus()
    if not devices:
        count = max(1, cores() // (int(train.get("threads", 1)) * processes))
        return Slots("cpu", tuple(str(index) for index in range(count))[:limit])
    if processes > len(devices[:limit]):
        raise ValueError(f"train.processes: {processes} ranks need a GPU each; slots: {len(devices[:limit])}")
    return Slots("gpu", tuple(devices[:limit]), each=processes)


def gpus() -> list[str]:
    """The GPUs that processes may use: those of CUDA_VISIBLE_DEVICES if it is set, else all that are there.

    By UUID, since CUDA and nvidia-smi may number the same devices differently.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [name.strip() for name in visible.split(",") if name.strip() not in {"", "-1"}]
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    query = [program, "--query-gpu=uuid", "--format=csv,noheader"]
    try:
        found = subprocess.run(query, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in found.stdout.splitlines() if line.strip()]


def cores() -> int:
    """The cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def held(slots: Slots, given_up: Callable[[], bool] = lambda: False) -> Iterator[Mapping[str, str]]:
    """Wait for the slots that one stage needs and hold them: all of them or none, so nobody waits crosswise.

    Args:
        slots: from which to take.
        given_up: asked before each look; when it says so, the wait ends.

    Yields:
        The environment that confines the stage to its GPUs; empty for CPU slots.

    Raises:
        InterruptedError: the wait was given up.
    """
    slots.folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        while len(taken := _try_all(slots, stack)) < slots.each:
            stack.close()
            if given_up():
                raise InterruptedError("stopped while waiting for a slot")
            time.sleep(_POLL)
        yield {"CUDA_VISIBLE_DEVICES": ",".join(taken)} if slots.kind == "gpu" else {}


def count_held(slots: Slots) -> int:
    """How many slots are taken, by whomever."""
    with contextlib.ExitStack() as stack:
        free = [name for name in slots.names if _try(slots, name, stack)]
        return len(slots.names) - len(free)


def _try_all(slots: Slots, stack: contextlib.ExitStack) -> list[str]:
    taken: list[str] = []
    for name in slots.names:
        if len(taken) < slots.each and _try(slots, name, stack):
            taken.append(name)
    return taken


def _try(slots: Slots, name: str, stack: contextlib.ExitStack) -> bool:
    """Lock one slot if it is free; `stack` gives it back."""
    file: IO[str] = (slots.folder / f"{slots.kind}-{name.replace('/', '_')}.lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return False
    stack.enter_context(file)  # closing frees the lock
    return True


def _limit_from_environment() -> int | None:
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{VARIABLE}={text!r}: expected a whole number") from None
