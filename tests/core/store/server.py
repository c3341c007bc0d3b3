"""An S3 server on this machine that misbehaves on demand: moto's, behind a queue of faults."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

Answer = Iterable[bytes]
BUSY = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
BROKEN = b"<Error><Code>InternalError</Code><Message>We made a mistake.</Message></Error>"


class FaultyS3:
    """Answers requests as S3 does, but the next ones of a method as `faults` says.

    Attributes:
        requests: method, path and range of each request that came.
        faults: by method, what happens to the next requests: `busy`, `broken`, `cut` or `flip`.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, str]] = []
        self.faults: dict[str, list[str]] = {}
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Answer:
        method = environ["REQUEST_METHOD"]
        self.requests.append((method, environ["PATH_INFO"], environ.get("HTTP_RANGE", "")))
        queue = self.faults.get(method, [])
        fault = queue.pop(0) if queue else None
        if fault in ("busy", "broken"):
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            status, body = {
                "busy": ("503 Slow Down", BUSY),
                "broken": ("500 Internal Server Error", BROKEN),
            }[fault]
            start_response(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
            return [body]
        body = b"".join(self._moto(environ, start_response))
        if fault == "cut":
            return [body[: len(body) // 2]]
        return [bytes([body[0] ^ 1]) + body[1:]] if fault == "flip" else [body]
