"""What a command costs: seconds, CPU seconds with its children's, and the peak memory of its process tree."""

import contextlib
import ctypes
import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_BETWEEN = 0.2  # seconds between two looks at the memory


@dataclass(frozen=True)
class Usage:
    """Seconds, and MiB.

    Attributes:
        wall: seconds on the clock.
        cpu: seconds of all processes, user and system.
        pss: peak of the tree, shared pages shared out.
        rss: peak of the tree, shared pages counted for each process.
    """

    wall: float
    cpu: float
    pss: float
    rss: float


def measured(command: Sequence[str], log: Path = Path(os.devnull)) -> Usage:
    """Run a command to its end; what it prints goes to `log`.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    before = set(psutil.Process().children())
    began = time.monotonic()
    with log.open("w") as output:
        child = subprocess.Popen(command, stdout=output, stderr=output)
    peaks = [0.0, 0.0]
    ended = threading.Event()
    watch = threading.Thread(target=_watch, args=(child.pid, peaks, ended))
    watch.start()
    _, status, used = os.wait4(child.pid, 0)
    wall = time.monotonic() - began
    ended.set()
    watch.join()
    outliving = set(psutil.Process().children()) - before  # a fork server ends after its parent
    costs = [used, *(os.wait4(process.pid, 0)[2] for process in outliving)]
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return Usage(wall, sum(cost.ru_utime + cost.ru_stime for cost in costs), *peaks)


def _watch(pid: int, peaks: list[float], ended: threading.Event) -> None:
    while not ended.wait(_BETWEEN):
        with contextlib.suppress(psutil.Error):
            root = psutil.Process(pid)
            sums = [0.0, 0.0]
            for process in (root, *root.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    memory = process.memory_full_info()
                    sums[0] += memory.pss / (1 << 20)
                    sums[1] += memory.rss / (1 << 20)
            peaks[:] = [max(pair) for pair in zip(peaks, sums, strict=True)]
