"""How a stage behaves as a process: exit codes, signals, its parent's death, one writer per folder.

Schedulers and DVC see nothing of a stage but its exit code and its last line on stderr:

* 0: done. 65, 75, 78: see `stages.core.errors`; one line says what and what to do, without a traceback.
* 78 as well for memory that does not suffice: the same parameters would fail again on each retry, and what
  helps is a smaller micro-batch, which is a parameter.
* 128 + n: signal n came, and the work was saved first. A second signal ends the process at once.
* 70, with a traceback: a mistake of ours.
"""

import contextlib
import ctypes
import fcntl
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from stages.core.errors import BadConfigError, TenfoldError, TryAgainError
from stages.core.files import full_disk

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_PARENT = os.getppid()  # entry points import this module first: a parent may die while torch is loaded
_received: list[int] = []


class StopRequestedError(Exception):
    """SIGTERM or SIGINT came, and what is done is saved; `run_stage` turns it into the exit code."""


def run_stage(main: Callable[[], object]) -> int:
    """Run a stage's `main` and return the exit code: `sys.exit(run_stage(main))`.

    A typer app is a `main`, too. When a signal came, the code is 128 + n even if `main` returned as if all
    was well: a stage that stopped half-way must not look finished, and one that was just done is found so by
    the next run.
    """
    _received.clear()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    logging.getLogger("stages").setLevel(logging.INFO)
    try:
        for number in _SIGNALS:
            signal.signal(number, _on_signal)
        die_with_parent(_PARENT)
        main()
    except StopRequestedError:
        code = 0
    except SystemExit as error:  # typer and argparse end so
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except Exception as error:  # noqa: BLE001 - here is the place where each error becomes an exit code
        code = _explain(error)
    else:
        code = 0
    return 128 + _received[0] if _received else code


def stop_requested() -> bool:
    """Whether SIGTERM or SIGINT came: save what is done and return. Long loops ask after each step."""
    return bool(_received)


def obey_stop() -> None:
    """Leave by an exception if a stop is requested, for work whose state on the disk is always whole.

    Raises:
        StopRequestedError: SIGTERM or SIGINT came.
    """
    if stop_requested():
        raise StopRequestedError


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent dies (Linux; elsewhere nothing happens).

    A killed `dvc` would otherwise leave its stage writing, beside the stage of the next `dvc`.

    Args:
        parent: the process id of the parent, to notice one that died before this call.

    Raises:
        TryAgainError: the parent is gone already.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise TryAgainError("the process that started this one has ended; nothing was written")


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Be the only process that writes below `folder`. The kernel frees the lock however the process ends.

    Raises:
        TryAgainError: another process holds it; its process id is named.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read(32).strip() or "unknown"
            raise TryAgainError(
                f"{folder}: process {holder} is writing here; wait for it or end it, then run again"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait for the lock file `path` and hold it: for what processes must do one after the other."""
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def failpoint(name: str) -> None:
    """End here as if by power cut, if the environment asks for it: the fault tests' way in.

    `TENFOLD_FAIL_AT=checkpoint-before-rename` kills the process with SIGKILL where this name is passed.
    """
    if os.environ.get("TENFOLD_FAIL_AT") == name:
        os.kill(os.getpid(), signal.SIGKILL)


def _on_signal(number: int, _frame: FrameType | None) -> None:
    _received.append(number)
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    message = f"{signal.Signals(number).name}: stopping after the current step; once more to stop at once\n"
    with contextlib.suppress(OSError):  # nobody may be reading any more
        os.write(2, message.encode())  # not sys.stderr, whose buffer the interrupted code may be writing


def _explain(error: Exception) -> int:
    """Say on stderr what happened, and return the exit code."""
    known = _as_known(error)
    with contextlib.suppress(OSError):  # stderr may be a file on the disk that is full
        if known is None:
            traceback.print_exception(error)
        else:
            sys.stderr.write("error: " + " ".join(str(known).split()) + "\n")
    return TenfoldError.exit_code if known is None else known.exit_code


def _as_known(error: Exception) -> TenfoldError | None:
    if isinstance(error, TenfoldError):
        return error
    if isinstance(error, OSError) and (known := full_disk(error, error.filename)):
        return known
    if _is_out_of_memory(error):
        return BadConfigError(
            "out of memory; lower recipe.batch_size and raise recipe.accumulate by the same factor, "
            f"or set recipe.precision to bfloat16 ({error})"
        )
    return None


def _is_out_of_memory(error: Exception) -> bool:
    """Of Python, of a GPU (by name, since torch need not be loaded) or of torch on the CPU."""
    named = type(error).__name__ == "OutOfMemoryError"
    return isinstance(error, MemoryError) or named or "can't allocate memory" in str(error)
