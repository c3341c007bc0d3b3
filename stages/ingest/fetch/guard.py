"""Connections that go only where they may, and never outlast their deadline.

A host name is resolved once, every address is checked, and the checked address is the one connected to: a
name that answers differently the second time (DNS rebinding) gains nothing. The deadline is for a request as
a whole, enforced at each read: a server that drips a byte per second cannot hold a worker.
"""

import contextlib
import functools
import os
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import certifi
import httpcore

from stages.core.safety import BadItemError, Network, check_address
from stages.ingest.fetch.names import Names

_SLACK = 0.05  # seconds; a wait for a socket may end a little early


class Deadline(threading.local):
    """Until when the request of this thread may last."""

    def __init__(self) -> None:
        self.at = float("inf")  # on the monotonic clock

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Bound everything that this thread reads inside the block."""
        before, self.at = self.at, time.monotonic() + seconds
        try:
            yield
        finally:
            self.at = before

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Do not count what happens inside the block: waiting for one's turn is not the server's fault."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.at += time.monotonic() - start

    @property
    def is_over(self) -> bool:
        """Whether it is the deadline that a wait has run into."""
        return self.at - time.monotonic() < _SLACK

    def remaining(self, timeout: float | None) -> float:
        """The smaller of a timeout and what is left, in seconds.

        Raises:
            BadItemError: nothing is left (transient).
        """
        left = self.at - time.monotonic()
        if left <= 0:
            raise BadItemError("deadline", "the request took too long", "transient")
        return left if timeout is None else min(timeout, left)


@functools.cache
def tls_context() -> ssl.SSLContext:
    """The one context of this process: reading the authorities' certificates costs more than many requests.

    They are certifi's, or those of the file that OpenSSL's variable `SSL_CERT_FILE` names.
    """
    return ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or certifi.where())


class GuardedBackend(httpcore.NetworkBackend):
    """httpcore's sockets with checked addresses and a deadline.

    Args:
        deadline: shared with who starts the requests.
        names: where hosts are.
        allowed: private networks that are open on purpose.
    """

    def __init__(self, deadline: Deadline, names: Names, allowed: Sequence[Network] = ()) -> None:
        self._deadline = deadline
        self._names = names
        self._allowed = allowed
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers; all of them must be allowed."""
        addresses = self._names.addresses(host, self._deadline.remaining(timeout))
        for address in addresses:
            check_address(address, self._allowed)
        failure: Exception | None = None
        for address in addresses:
            left = self._deadline.remaining(timeout)
            try:
                stream = self._inner.connect_tcp(address, port, left, local_address, socket_options)
                return _Stream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")

    def connect_unix_socket(self, *_arguments: Any, **_options: Any) -> httpcore.NetworkStream:
        """Refuse: no link names a socket of this machine."""
        raise BadItemError("bad_link", "a Unix socket", "refused")


class _Stream(httpcore.NetworkStream):
    """A connection on which each operation ends by the deadline of the request it serves."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.remaining(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.remaining(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.remaining(timeout)
        try:
            return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)
        except httpcore.ConnectError as error:
            if isinstance(error.__cause__, ssl.SSLCertVerificationError):
                raise BadItemError("bad_certificate", str(error)) from error
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
