"""Objects of S3, from a server on this machine."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from stages.core.errors import BadConfigError
from stages.core.safety import BadItemError
from stages.ingest.fetch import Base, Fetcher
from stages.ingest.params import Fetch
from tests.ingest.fetch.server import Server, status

NOWHERE = Base(None)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    found = boto3.resource("s3").Bucket("pairs")
    found.create()
    return found


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(Fetch(longest_wait=0.0, deadline=5.0), 1000) as found:
        yield found


def test_an_object_is_read(bucket: Any, fetcher: Fetcher) -> None:
    bucket.put_object(Key="deep/a b?c.png", Body=b"content")
    assert fetcher.read("s3://pairs/deep/a b?c.png", NOWHERE).content == b"content"


def test_a_large_object_is_not_read(bucket: Any, fetcher: Fetcher) -> None:
    bucket.put_object(Key="large", Body=b"x" * 1001)
    with pytest.raises(BadItemError, match="too_large"):
        fetcher.read("s3://pairs/large", NOWHERE)


@pytest.mark.parametrize(
    ("link", "reason"), [("s3://pairs/none", "s3_nosuchkey"), ("s3://none/a", "s3_nosuchbucket")]
)
def test_what_is_not_there_is_not_asked_for_again(
    bucket: Any, fetcher: Fetcher, link: str, reason: str
) -> None:
    with pytest.raises(BadItemError, match=reason) as caught:
        fetcher.read(link, NOWHERE)
    assert (caught.value.kind, caught.value.tries) == ("permanent", 1)


@pytest.mark.parametrize(
    "link", ["s3://", "s3://pairs", "s3://pairs/", "s3:///key", "s3://no_such bucket/key"]
)
def test_what_names_no_object_is_set_aside(bucket: Any, fetcher: Fetcher, link: str) -> None:
    with pytest.raises(BadItemError) as caught:
        fetcher.read(link, NOWHERE)
    assert caught.value.kind == "permanent"


@pytest.mark.parametrize(
    ("code", "kind", "requests"), [(503, "transient", 3), (500, "transient", 3), (403, "refused", 1)]
)
def test_a_busy_store_is_asked_again_and_a_closed_one_is_not(
    server: Server, monkeypatch: pytest.MonkeyPatch, fetcher: Fetcher, code: int, kind: str, requests: int
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url(""))
    server.scripts["/pairs/a"] = status(code)
    with pytest.raises(BadItemError) as caught:
        fetcher.read("s3://pairs/a", NOWHERE)
    assert (caught.value.kind, len(server.requests)) == (kind, requests)


def test_a_store_that_is_not_there_may_come_back(
    server: Server, monkeypatch: pytest.MonkeyPatch, fetcher: Fetcher
) -> None:
    server.__exit__()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url(""))
    with pytest.raises(BadItemError, match="connection") as caught:
        fetcher.read("s3://pairs/a", NOWHERE)
    assert caught.value.kind == "transient"


def test_missing_credentials_end_the_run(
    monkeypatch: pytest.MonkeyPatch, fetcher: Fetcher, tmp_path: Any
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with pytest.raises(BadConfigError, match="AWS_ACCESS_KEY_ID"):
        fetcher.read("s3://pairs/a", NOWHERE)
