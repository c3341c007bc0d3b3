"""Small files to ingest, and a loopback web server that can misbehave."""

import contextlib
import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image

Answer = Callable[[BaseHTTPRequestHandler], None]


def flac_bytes(seconds: float = 0.3, hertz: float = 300.0, pad: float = 0.05) -> bytes:
    """A tone with digital silence before and after it."""
    tone = 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * 16_000)) / 16_000)
    file = io.BytesIO()
    soundfile.write(file, np.pad(tone, int(pad * 16_000)).astype(np.float32), 16_000, format="FLAC")
    return file.getvalue()


def png_bytes(colour: tuple[int, int, int] = (10, 200, 30), size: tuple[int, int] = (12, 8)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def write_jsonl(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def record_words(root: Path) -> Path:
    """Fill a root with single recorded words: two speakers with five words each."""
    rows = []
    for speaker, language in (("ann", "en"), ("bob", "fr")):
        (root / "words" / speaker).mkdir(parents=True)
        for number in range(5):
            name = f"{speaker}/{number}.flac"
            (root / "words" / name).write_bytes(flac_bytes(0.1 + 0.05 * number, 200.0 + 100 * number))
            row = {"file": name, "text": f"{language}{number}", "language": language}
            row |= {"translation": f"w{number}", "speaker": speaker, "kind": "digit", "licence": "CC0-1.0"}
            rows.append(row)
    write_jsonl(root / "words" / "manifest.jsonl", rows)
    return root


class Site:
    """A web server on this machine; each path answers by a function, and requests are counted."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.requests.append(self.path)
                site.answers.get(self.path, status(404))(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a client that hangs up is what some tests want
        self.port = self.server.server_address[1]

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextlib.contextmanager
def serving() -> Iterator[Site]:
    """A site that answers while the block runs."""
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        thread.join()
        site.server.server_close()


def body(content: bytes, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def status(code: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in {"Content-Length": "0", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()

    return answer


def in_turn(*answers: Answer) -> Answer:
    """A different answer to each request; the last one for all that follow."""
    remaining = list(answers)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        (remaining.pop(0) if len(remaining) > 1 else remaining[0])(handler)

    return answer
