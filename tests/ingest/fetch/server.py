"""A web server on this machine that says exactly what a test wants, down to the byte.

Each path has a script: a function that is given the connection and the request, and writes. Requests are
remembered with their headers and the port they came from.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Request:
    """What a client sent: its path, its headers by lower-case name, and its port."""

    path: str
    headers: dict[str, str]
    port: int


Script = Callable[[socket.socket, Request], None]


class HangUpError(Exception):
    """Raised by a script to close the connection."""


class Server:
    """Listens on 127.0.0.1; a thread per connection. As a context manager it is closed at the end."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.scripts: dict[str, Script] = {}
        self.otherwise: Script = status(404)
        self.requests: list[Request] = []
        self._scheme = "https" if context else "http"
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._connections: set[socket.socket] = set()
        self._closed = threading.Event()
        self._threads: list[threading.Thread] = []

    def url(self, path: str = "/a", host: str = "127.0.0.1") -> str:
        return f"{self._scheme}://{host}:{self.port}{path}"

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(request.path == path for request in self.requests)

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _start(self, function: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=function, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()
            return
        self._connections.add(connection)
        with connection, contextlib.suppress(OSError, HangUpError):
            for request in _read_requests(connection):
                self.requests.append(request)
                self.scripts.get(request.path, self.otherwise)(connection, request)
        self._connections.discard(connection)


def _read_requests(connection: socket.socket) -> Iterator[Request]:
    port = connection.getpeername()[1]
    with connection.makefile("rb") as file:
        while line := file.readline():
            headers = {}
            while (field := file.readline().strip()) != b"":
                name, _, value = field.decode("latin-1").partition(":")
                headers[name.lower()] = value.strip()
            yield Request(line.decode("latin-1").split(" ")[1], headers, port)


def head(code: int, **headers: str | int) -> bytes:
    """The start of an answer; underscores in names become hyphens."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {code} X\r\n{lines}\r\n".encode("latin-1")


def raw(content: bytes, *, hang_up: bool = True) -> Script:
    """Exactly these bytes."""

    def script(connection: socket.socket, _: Request) -> None:
        connection.sendall(content)
        if hang_up:
            raise HangUpError

    return script


def body(content: bytes, **headers: str | int) -> Script:
    return raw(head(200, Content_Length=len(content), **headers) + content, hang_up=False)


def status(code: int, content: bytes = b"", **headers: str | int) -> Script:
    return raw(head(code, Content_Length=len(content), **headers) + content, hang_up=False)


def endless(start: bytes, part: bytes, pause: float = 0.0) -> Script:
    """A part again and again, as fast as the client takes it or with a pause between, until it hangs up."""

    def script(connection: socket.socket, _: Request) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(part)
            time.sleep(pause)

    return script


def silent(start: bytes = b"") -> Script:
    """Nothing more, until the client hangs up."""

    def script(connection: socket.socket, _: Request) -> None:
        connection.sendall(start)
        connection.recv(1)
        raise HangUpError

    return script


def in_turn(*scripts: Script) -> Script:
    """A different script for each request; the last one for all that follow."""
    remaining = list(scripts)

    def script(connection: socket.socket, request: Request) -> None:
        (remaining.pop(0) if len(remaining) > 1 else remaining[0])(connection, request)

    return script
