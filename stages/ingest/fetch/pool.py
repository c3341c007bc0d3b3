"""Connections that are kept open, so that the next link of a host costs no handshake.

httpcore has a pool, too. It looks at all of its connections under one lock for each request, which costs as
much CPU as a request itself once sixteen threads share it; ours keeps only the idle ones, in a list.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import httpcore

from stages.ingest.fetch.guard import GuardedBackend, tls_context
from stages.ingest.fetch.links import Link

_KEEP_ALIVE = 30.0  # seconds an idle connection stays open


class Pool:
    """The idle connections of a worker; threads share it, and each takes one out while it uses it.

    Args:
        backend: opens sockets.
        most: idle connections that are kept, of all hosts together; the oldest one goes first.
    """

    def __init__(self, backend: GuardedBackend, most: int) -> None:
        self._backend = backend
        self._most = most
        self._idle: list[httpcore.HTTPConnection] = []
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def connection(self, link: Link) -> Iterator[httpcore.HTTPConnection]:
        """A connection to the link's host, open or about to be; after the block it is kept if it can be."""
        origin = httpcore.Origin(link.scheme.encode(), link.host.encode(), link.port)
        found = self._take(origin) or self._new(origin)
        try:
            yield found
        finally:
            self._put(found)

    def _new(self, origin: httpcore.Origin) -> httpcore.HTTPConnection:
        with self._lock:  # the first threads would make a context each
            context = tls_context() if origin.scheme == b"https" else None
        return httpcore.HTTPConnection(
            origin, context, keepalive_expiry=_KEEP_ALIVE, network_backend=self._backend
        )

    def _take(self, origin: httpcore.Origin) -> httpcore.HTTPConnection | None:
        """The idle connection used last, if its server has not closed it or sent what nobody asked for."""
        while True:
            with self._lock:
                found = next((one for one in reversed(self._idle) if one.can_handle_request(origin)), None)
                if found is None:
                    return None
                self._idle.remove(found)
            if not found.has_expired():
                return found
            found.close()

    def _put(self, connection: httpcore.HTTPConnection) -> None:
        if not connection.is_available() or _has_more(connection):
            connection.close()
            return
        with self._lock:
            self._idle.append(connection)
            surplus = self._idle.pop(0) if len(self._idle) > self._most else None
        if surplus is not None:
            surplus.close()

    def close(self) -> None:
        """Close every idle connection."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


def _has_more(connection: httpcore.HTTPConnection) -> bool:
    """Whether more came than the answer, which would be taken for the answer to the next request.

    httpcore notices what is still in the socket, and keeps what it has read already to itself.
    """
    inner: Any = connection._connection
    return bool(inner._h11_state.trailing_data[0])
