"""A tiny corpus of audio, one of images, and a web server on this machine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.ingest.material import Site, png_bytes, record_words, serving, write_jsonl


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A root with single recorded words: two speakers with five words each."""
    return record_words(tmp_path / "root")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A root with twenty small images and a manifest."""
    root = tmp_path / "root"
    (root / "art").mkdir(parents=True)
    rows = []
    for number in range(20):
        (root / "art" / f"{number}.png").write_bytes(png_bytes((number, 200, 30)))
        rows.append({"file": f"{number}.png", "text": f"Picture {number}", "tags": ["a", "b"]})
    write_jsonl(root / "art" / "manifest.jsonl", rows)
    return root


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        yield found


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    found = boto3.resource("s3").Bucket("pairs")
    found.create()
    return found
