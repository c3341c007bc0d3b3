"""Host names to addresses: looked up once per process, a few at a time, never past a deadline.

A list of links has many hosts, and a thousand look-ups at once bring down the resolver of a home router as
well as a cloud's. So look-ups share a small pool of threads, equal ones share one answer, and answers are
kept for a while: good ones for minutes, "no such host" for one. A look-up that failed is not kept, since it
says nothing about the host.

"No such host" (`host_not_found`) and "no answer" (`dns_unavailable`) are told apart: the first is a link that
rotted, the second a network that is down. When many hosts in a row get no answer, the run ends with an error
that says so, instead of marking the whole list as failed.
"""

import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from stages.core.errors import TryAgainError
from stages.core.safety import BadItemError

Resolver = Callable[[str], list[str]]

_AT_ONCE = 8  # look-ups under way
_KEPT = 20_000  # hosts
_FOUND_FOR = 300.0  # seconds; most names of the web may be kept that long
_MISSING_FOR = 60.0  # seconds
_COLLAPSE = 25  # hosts in a row without an answer


def look_up(host: str) -> list[str]:
    """The numeric addresses of a host, from the system's resolver.

    Raises:
        BadItemError: there is no such host (permanent), or no answer for now (transient).
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in (socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_SYSTEM, socket.EAI_MEMORY):
            raise BadItemError("dns_unavailable", f"{host}: {error.strerror}", "transient") from error
        raise BadItemError("host_not_found", f"{host}: {error.strerror}") from error
    except UnicodeError as error:
        raise BadItemError("bad_link", f"{host!r} is no host name") from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass
class _Answer:
    """What is known of a host; `until` is infinite while the look-up is under way."""

    outcome: Future[list[str]]
    until: float = float("inf")  # on the monotonic clock


class Names:
    """The addresses that this process has looked up; threads share it.

    Args:
        resolver: host to addresses, or BadItemError; tests bring their own.
        clock: seconds that only grow.
    """

    def __init__(self, resolver: Resolver = look_up, clock: Callable[[], float] = time.monotonic) -> None:
        self._resolver = resolver
        self._clock = clock
        self._known: OrderedDict[str, _Answer] = OrderedDict()
        self._silent: set[str] = set()  # hosts without an answer since the last answer
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="names")

    def addresses(self, host: str, seconds: float) -> list[str]:
        """Where a host is, within so many seconds.

        Raises:
            BadItemError: there is no such host (permanent), or no answer for now (transient).
            TryAgainError: no host gets an answer any more.
        """
        outcome = self._ask(host)
        try:
            return outcome.result(seconds)
        except TimeoutError as error:
            raise BadItemError("dns_unavailable", f"{host}: no answer in time", "transient") from error
        except BadItemError as error:
            if len(self._silent) >= _COLLAPSE:
                raise TryAgainError(
                    f"names cannot be looked up: no answer for {_COLLAPSE} hosts in a row; "
                    "check the network and its DNS resolver, then run again"
                ) from error
            raise BadItemError(error.reason, error.detail, error.kind) from error  # others share the original

    def _ask(self, host: str) -> Future[list[str]]:
        with self._lock:
            answer = self._known.get(host)
            if answer is None or answer.until < self._clock():
                answer = _Answer(Future())
                self._known[host] = answer
                self._pool.submit(self._look_up, host, answer)
            self._known.move_to_end(host)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
            return answer.outcome

    def _look_up(self, host: str, answer: _Answer) -> None:
        try:
            found = self._resolver(host)
        except BadItemError as error:
            self._note(host, answer, error)
            answer.outcome.set_exception(error)
        else:
            self._note(host, answer, None)
            answer.outcome.set_result(found)

    def _note(self, host: str, answer: _Answer, error: BadItemError | None) -> None:
        """How long the answer holds, and whether the resolver still answers at all."""
        with self._lock:
            if error is not None and error.kind == "transient":
                self._silent.add(host)
                answer.until = float("-inf")
            else:
                self._silent.clear()
                answer.until = self._clock() + (_FOUND_FOR if error is None else _MISSING_FOR)
