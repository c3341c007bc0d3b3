"""The only file that starts DVC: a target in, log lines and an exit code out.

Siblings can run at once only as `dvc --wait-for-lock repro --single-item TARGET`: a plain `dvc repro` locks
what lies upstream as well, and of six siblings started together one gets through. So the walk over the graph
is ours (`flows.graph`), and each call here runs one stage.

DVC says 255 whatever a stage's exit code was. The code that decides on another try is read from DVC's last
word on the stage, "failed to reproduce 'TARGET': ... exited with 75".
"""

import collections
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

from flows import tether

TRY_AGAIN = 75  # sysexits.h: EX_TEMPFAIL
TIMED_OUT = 124  # as coreutils' timeout says it
MEANINGS: Mapping[int, str] = {
    65: "bad data",
    70: "a mistake in the program",
    TRY_AGAIN: "a condition that may pass",
    78: "bad configuration",
    TIMED_OUT: "it ran out of time",
    128 + signal.SIGINT: "stopped",
    128 + signal.SIGTERM: "stopped",
    128 + signal.SIGKILL: "killed, perhaps for want of memory",
    255: "DVC refused",
}

LogLine = Callable[[str], None]

_TARGET = re.compile(r"[a-z0-9_][a-z0-9_@-]*")
_STAGE_CODE = re.compile(r"ERROR: failed to reproduce '([^']+)': .*\bexited with (-?\d+)")
_LOCK_TROUBLE = re.compile(r"Unable to acquire lock|is busy, it is being blocked by")
_ADVICE = re.compile(  # of DVC to a person at a terminal
    r"To track the changes with git|\s*git add |To enable auto staging|\s*dvc config core\.|Use `dvc push`"
)
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")
_LONGEST_LINE = 2000  # bytes; the rest of a longer line is dropped
_LINES_KEPT = 50  # of the end, for the error message
_GRACE = 60.0  # seconds in which a stopped stage may save its work
_DRAIN = 5.0  # seconds to wait for the end of the output; a process that left the group may hold it open

_stopping = threading.Event()
_running: set["subprocess.Popen[bytes]"] = set()
_running_lock = threading.Lock()


class StageFailedError(RuntimeError):
    """A stage did not succeed; `exit_code` says whether another try makes sense, `outcome` what happened."""

    def __init__(self, target: str, exit_code: int, reason: str = "") -> None:
        self.target = target
        self.exit_code = exit_code
        meaning = MEANINGS.get(exit_code, "unknown")
        self.outcome = f"exit code {exit_code}, {meaning}" + (f": {reason}" if reason else "")
        super().__init__(f"{target}: {self.outcome}")


def check_target(target: str) -> str:
    """The target itself, if it can be nothing but a stage's name.

    Raises:
        ValueError: it has another character than a-z, 0-9, `_`, `@`, `-`, or begins with `-`.
    """
    if not _TARGET.fullmatch(target):
        raise ValueError(f"{target!r} is no stage: names have a-z, 0-9, '_', '@' and '-' only")
    return target


def run(
    target: str,
    log: LogLine,
    environment: Mapping[str, str] | None = None,
    timeout: float | None = None,
    grace: float = _GRACE,
) -> None:
    """Reproduce one stage of the repository in the working directory, if anything changed.

    Call it in the thread that outlives the stage: the child is killed when this thread ends.

    Args:
        target: a stage's name, as `train@whisper`.
        log: takes each line that DVC and the stage write.
        environment: variables to add for the stage, as `CUDA_VISIBLE_DEVICES`.
        timeout: seconds after which the stage is stopped.
        grace: seconds from the request to stop, in which the stage may save, to SIGKILL.

    Raises:
        ValueError: the target is no stage's name.
        StageFailedError: with the stage's exit code; 75 if DVC could not have its lock; 124 for a timeout.
    """
    argv = _dvc("--wait-for-lock", "repro", "--single-item", check_target(target))
    tail: collections.deque[str] = collections.deque(maxlen=_LINES_KEPT)

    def take(line: str) -> None:
        tail.append(line)
        log(line)

    with _started(argv, environment, take) as process:
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            _stop(process, grace)
            raise StageFailedError(target, TIMED_OUT, f"stopped after {timeout:.0f} s") from None
        except BaseException:
            _stop(process, grace)
            raise
    if _stopping.is_set() and code != 0:
        raise StageFailedError(target, 128 + signal.SIGINT)
    if code != 0:
        raise StageFailedError(target, exit_code(target, code, tail), _reason(tail))


def stop_all(grace: float = _GRACE) -> None:
    """Stop every stage that runs, and let no other start: for a flow that is cancelled."""
    _stopping.set()
    with _running_lock:
        processes = list(_running)
    stoppers = [threading.Thread(target=_stop, args=(process, grace)) for process in processes]
    for stopper in stoppers:
        stopper.start()
    for stopper in stoppers:
        stopper.join()


def stopping() -> bool:
    """Whether `stop_all` was called: whoever waits for a turn should give up."""
    return _stopping.is_set()


@contextlib.contextmanager
def accepting() -> Iterator[None]:
    """The time of one flow: stages may start; when it ends by an error or a signal, all are stopped."""
    _stopping.clear()
    try:
        yield
    except BaseException:
        stop_all()
        raise


def dag() -> str:
    """The graph of the stages in DOT, as DVC resolves it from dvc.yaml and params.yaml.

    Raises:
        RuntimeError: DVC cannot read it; its own words follow.
    """
    found = subprocess.run(
        _dvc("dag", "--dot"), capture_output=True, text=True, env=_environment(None), check=False
    )
    if found.returncode != 0:
        raise RuntimeError(f"dvc dag failed: {found.stderr.strip()[-_LONGEST_LINE:]}")
    return found.stdout


def exit_code(target: str, code: int, lines: collections.deque[str]) -> int:
    """What the stage itself ended with, read from the last lines of DVC; else 75 for a lock; else DVC's code.

    A stage killed by a signal has the code 128 + n, whether DVC or the kernel reported it.
    """
    for line in reversed(lines):
        if (found := _STAGE_CODE.match(line)) and found[1] == target:
            stage_code = int(found[2])
            return 128 - stage_code if stage_code < 0 else stage_code
        if _LOCK_TROUBLE.search(line):
            return TRY_AGAIN
    return 128 - code if code < 0 else code


def _reason(lines: collections.deque[str]) -> str:
    """The last line that reads like the stage's own explanation."""
    for line in reversed(lines):
        if line.lower().startswith("error:") and not _STAGE_CODE.match(line):
            return line.partition(":")[2].strip()
    return ""


def _dvc(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "dvc", *arguments]


def _environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    """Ours, with this interpreter's folder first in PATH: `exec python` in dvc.yaml means this Python."""
    here = str(Path(sys.executable).parent)
    path = os.pathsep.join(part for part in (here, os.environ.get("PATH", "")) if part)
    return {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", **(extra or {})}


@contextlib.contextmanager
def _started(
    argv: list[str], environment: Mapping[str, str] | None, take: LogLine
) -> Iterator["subprocess.Popen[bytes]"]:
    """The running child, in a process group of its own; what is left of the group is killed at the end."""
    process = subprocess.Popen(
        tether.command(argv),
        env=_environment(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    pump = threading.Thread(target=_pump, args=(process.stdout, take), daemon=True)
    pump.start()
    with _running_lock:
        _running.add(process)
    try:
        if _stopping.is_set():
            _signal_group(process, signal.SIGKILL)
        yield process
    finally:
        _signal_group(process, signal.SIGKILL)
        process.wait()
        pump.join(_DRAIN)
        with _running_lock:
            _running.discard(process)


def _stop(process: "subprocess.Popen[bytes]", grace: float) -> None:
    """Ask the group to stop, and kill it if it has not within the time of grace.

    The request is SIGINT. DVC dies at once of SIGTERM, and its stage with it, before it could save; SIGINT it
    leaves to the stage while one runs.
    """
    _signal_group(process, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(grace)
    _signal_group(process, signal.SIGKILL)


def _signal_group(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # gone; macOS says EPERM for a zombie
        os.killpg(process.pid, number)


def _pump(stream: IO[bytes], take: LogLine) -> None:
    """Hand over line by line until the stream ends; long lines are cut, control characters dropped."""
    with stream:
        while piece := stream.readline(_LONGEST_LINE):
            line = piece
            while not piece.endswith(b"\n") and len(piece) == _LONGEST_LINE:
                piece = stream.readline(_LONGEST_LINE)
            text = _CONTROL.sub("", line.decode(errors="replace")).rstrip()
            if text and not _ADVICE.match(text):
                take(text)
