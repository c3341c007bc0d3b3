"""A Prefect server for this folder while a flow or `make ui` needs one, so that nobody starts it by hand.

Prefect would start a temporary server of its own, but that one outlives a flow that is killed, shows no page,
and disturbs another server on the same database. So ours is tied to its starter, and a lock (`flock`) sees to
it that one folder's database has one server at a time.

Whoever has set PREFECT_API_URL, in the environment or in a Prefect profile, has chosen that server.
"""

import atexit
import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

from flows import tether

HOST = "127.0.0.1"
PORT = 4200
WORK = Path("data/work")

_LOCK = "prefect.lock"
_LOG = "prefect.log"
_LASTING = "lasting"
_STARTUP = 180.0  # seconds; the first start makes the database, and a busy machine takes its time
_SHUTDOWN = 20.0  # seconds
_LOOK = 0.2  # seconds between two looks whether it answers


class NoServerError(RuntimeError):
    """There is no server to be had; the message says why."""


class InUseError(NoServerError):
    """Another process runs the server of this folder: `make ui`, or a flow and then only while that runs."""

    def __init__(self, url: str, *, lasting: bool) -> None:
        self.url = url
        self.lasting = lasting
        super().__init__(
            f"Prefect's server for this folder runs at {url} already"
            + ("" if lasting else ", for another flow and until that ends: wait for it")
        )


class Server:
    """A running server. It ends by `stop`, and at the latest with this process."""

    def __init__(self, process: "subprocess.Popen[bytes]", lock: IO[str], url: str) -> None:
        self.process = process
        self.url = url
        self._lock = lock

    def stop(self) -> None:
        """End the server and free the lock. Calling it again does nothing."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_SHUTDOWN)
            self.process.kill()
            self.process.wait()
        self._lock.close()


def ensure(*, lasting: bool = False) -> str:
    """Have a Prefect API for this process: the configured one, that of `make ui`, or one that ends with us.

    Args:
        lasting: other flows may use ours as well, since we stay.

    Returns:
        The address of Prefect's page.

    Raises:
        NoServerError: another flow's server is in the way, or ours did not start.
    """
    from prefect.context import refresh_global_settings_context  # noqa: PLC0415 - takes seconds
    from prefect.settings import get_current_settings  # noqa: PLC0415

    configured = get_current_settings().api.url
    if configured:
        return configured.removesuffix("/api")
    try:
        url = start(lasting=lasting).url
    except InUseError as error:
        if not error.lasting:
            raise
        url = error.url
    os.environ["PREFECT_API_URL"] = f"{url}/api"
    refresh_global_settings_context()
    return url


def start(port: int | None = None, *, lasting: bool = False, work: Path = WORK) -> Server:
    """Start a server and wait until it answers.

    Args:
        port: where it listens; None for 4200 or, if that is taken, any free one.
        lasting: others may rely on it, since it does not end with a flow.
        work: the folder for its log and its lock.

    Raises:
        InUseError: another process runs one for this folder.
        NoServerError: the port is in use, or the server did not come up.
    """
    work.mkdir(parents=True, exist_ok=True)
    if port is None:
        port = PORT if is_free(PORT) else _any_free_port()
    elif not is_free(port):
        raise NoServerError(f"port {port} is in use; choose another one for Prefect")
    url = f"http://{HOST}:{port}"
    lock = _lock(work / _LOCK, f"{url} {_LASTING if lasting else ''}")
    try:
        server = Server(_start_process(port, work / _LOG), lock, url)
    except OSError:
        lock.close()
        raise
    atexit.register(server.stop)
    _wait_until_up(server, work / _LOG)
    return server


def is_free(port: int) -> bool:
    """Whether a server could listen on the port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _lock(path: Path, content: str) -> IO[str]:
    lock = path.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        url, _, kind = lock.read(200).partition(" ")
        lock.close()
        raise InUseError(url, lasting=kind == _LASTING) from None
    lock.truncate(0)
    lock.write(content)
    lock.flush()
    return lock


def _start_process(port: int, log: Path) -> "subprocess.Popen[bytes]":
    argv = [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(port)]
    environment = {
        **os.environ,
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_API_URL": f"http://{HOST}:{port}/api",  # else the page asks port 4200
    }
    environment.pop("PREFECT_API_URL", None)
    with log.open("wb") as output:
        return subprocess.Popen(
            tether.command([*argv, "--log-level", "warning"]),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the flow, which still has to tell the server of it
        )


def _wait_until_up(server: Server, log: Path) -> None:
    deadline = time.monotonic() + _STARTUP
    while not answers(f"{server.url}/api/health"):
        if server.process.poll() is not None or time.monotonic() > deadline:
            server.stop()
            raise NoServerError(f"Prefect's server did not start; its log is {log}")
        time.sleep(_LOOK)


def answers(url: str) -> bool:
    """Whether a page of this machine is there."""
    try:
        with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - an address of our own
            return bool(response.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
