"""The stores of a test: an S3 server with an empty bucket, and keys for it."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import stamina

from stages.core.store.s3 import client
from tests.core.store.server import FaultyS3


@pytest.fixture(scope="session")
def _server() -> Iterator[FaultyS3]:
    server = FaultyS3()
    yield server
    server.stop()


@pytest.fixture
def s3(_server: FaultyS3, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FaultyS3]:
    """A server whose bucket `shards` is empty; retries do not wait."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", _server.url)
    client.cache_clear()
    bucket = boto3.resource("s3").Bucket("shards")
    bucket.create()
    _server.requests.clear()
    _server.faults.clear()
    with stamina.set_testing(True, attempts=4):
        yield _server
    _server.faults.clear()
    bucket.objects.delete()
    bucket.delete()


@pytest.fixture
def keyless(s3: FaultyS3, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody has given us keys."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    client.cache_clear()
