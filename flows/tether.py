"""Run a command that the kernel kills when the process that started it dies.

    python -m flows.tether PARENT COMMAND [ARGUMENT...]

A flow that is killed with SIGKILL gets no chance to end what it started. So each child asks the kernel to be
killed in its turn: this module asks, and then becomes the command, for which the request stays in force. It
is a module of its own, and not a `preexec_fn`, because a flow has threads, and between fork and exec a
process with threads may run no Python safely.

The request is bound to the *thread* that started the child. A caller has to start the child in the thread
that waits for it.
"""

import ctypes
import os
import signal
import sys
from typing import NoReturn

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def command(argv: list[str]) -> list[str]:
    """The argv that runs `argv` tethered to this process."""
    return [sys.executable, "-m", "flows.tether", str(os.getpid()), *argv]


def main(arguments: list[str]) -> NoReturn:
    """Tie this process to the parent whose id comes first, and become the command that follows."""
    parent, argv = int(arguments[0]), arguments[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(128 + signal.SIGKILL)  # it died before the kernel knew of the request
    # A shell starts background jobs with SIGINT ignored, children inherit that, and no Ctrl-C reaches them.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execvp(argv[0], argv)  # noqa: S606 - to become the command is the purpose


if __name__ == "__main__":
    main(sys.argv[1:])
