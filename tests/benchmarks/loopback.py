"""A fast web server on this machine, in a process of its own: made pictures at as many links as are wanted.

`/jpeg/17` and `/png/17` answer with one of the pictures of that kind; there are fewer pictures than links. It
keeps connections alive, has no robots.txt, and speaks TLS with a certificate of its own when asked to.
"""

import asyncio
import contextlib
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import certifi
import numpy as np
from PIL import Image

_SEED = 11
_FORMATS = {"jpeg": {"quality": 90}, "png": {}}


def write_pictures(folder: Path, counts: Mapping[str, int], side: int) -> None:
    """Smooth colours with grain, about as hard to compress as photographs."""
    rng = np.random.default_rng(_SEED)
    for form, count in counts.items():
        (folder / form).mkdir(parents=True)
        for number in range(count):
            rough = Image.fromarray(rng.integers(0, 256, (12, 12, 3), np.uint8)).resize((side, side))
            pixels = np.asarray(rough) + rng.normal(0, 6, (side, side, 3))
            image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
            image.save(folder / form / f"{number:05d}", form, **_FORMATS[form])


def write_certificate(folder: Path) -> None:
    """A certificate for this machine's own address, and a bundle of the usual authorities with it."""
    request = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
    ]
    files = [
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        str(folder / "key"),
        "-out",
        str(folder / "cert"),
    ]
    subprocess.run([*request, *files], check=True, capture_output=True)
    bundle = Path(certifi.where()).read_bytes() + (folder / "cert").read_bytes()
    (folder / "authorities").write_bytes(bundle)


@contextlib.contextmanager
def serving(folder: Path, *, tls: bool = False) -> Iterator[str]:
    """Serve the pictures of a folder while the block runs; gives the start of each link."""
    command = [sys.executable, __file__, str(folder), str(int(tls))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


class _Connection(asyncio.Protocol):
    """Answers GET requests one after the other."""

    def __init__(self, pictures: Mapping[str, Sequence[bytes]]) -> None:
        self._pictures, self._received = pictures, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            self._answer(head.split(b" ", 2)[1].decode(), closing=b"onnection: close" in head)

    def _answer(self, path: str, *, closing: bool) -> None:
        _, _, form = path.rpartition("/")[0].rpartition("/")
        content = b""
        if form in self._pictures:
            content = self._pictures[form][int(path.rpartition("/")[2]) % len(self._pictures[form])]
        status = "200 OK" if content else "404 Not Found"
        head = (
            f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\nContent-Type: image/{form or 'png'}\r\n"
        )
        self._transport.write(
            head.encode() + (b"Connection: close\r\n\r\n" if closing else b"\r\n") + content
        )
        if closing:
            self._transport.close()


async def _serve(folder: Path, tls: bool) -> None:
    pictures = {
        form: [path.read_bytes() for path in sorted((folder / form).iterdir())]
        for form in _FORMATS
        if (folder / form).exists()
    }
    context = None
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(folder / "cert", folder / "key")
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Connection(pictures), "127.0.0.1", 0, ssl=context, backlog=1024
    )
    print(f"http{'s' * tls}://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), tls=sys.argv[2] == "1"))
