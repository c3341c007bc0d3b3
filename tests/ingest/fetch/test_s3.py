"""Objects of S3, from a server on this machine."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from stages.core.errors import BadConfigError
from stages.core.safety import BadItemError
from stages.ingest.fetch import Base, Fetcher
from stages.ingest.fetch.body import Body
from stages.ingest.fetch.s3 import Store
from stages.ingest.params import Fetch
from tests.ingest.fetch.server import (
    HangUpError,
    Request,
    Script,
    Server,
    body,
    endless,
    head,
    in_turn,
    raw,
    silent,
    status,
)

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


CONTENT = bytes(range(256)) * 1000


def breaking(content: bytes) -> Script:
    """Half of it, then the rest by range, as S3 answers."""

    def script(connection: socket.socket, request: Request) -> None:
        facts = {"ETag": '"one"', "Accept_Ranges": "bytes"}
        asked = request.headers.get("range", "")
        if not asked:
            half = content[: len(content) // 2]
            connection.sendall(head(200, Content_Length=len(content), **facts) + half)
            raise HangUpError
        start = int(asked[len("bytes=") : -1])
        where = f"bytes {start}-{len(content) - 1}/{len(content)}"
        rest = content[start:]
        connection.sendall(head(206, Content_Length=len(rest), Content_Range=where, **facts) + rest)

    return script


@pytest.fixture
def large() -> Iterator[Fetcher]:
    with Fetcher(Fetch(longest_wait=0.0, deadline=0.5, stall=0.3), 10_000_000) as found:
        yield found


def test_an_object_that_breaks_off_is_gone_on_from(
    server: Server, monkeypatch: pytest.MonkeyPatch, large: Fetcher
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url(""))
    server.scripts["/pairs/a"] = breaking(CONTENT)
    fetched = large.read("s3://pairs/a", NOWHERE)
    assert (fetched.content == CONTENT, fetched.tries) == (True, 2)
    assert server.requests[1].headers["if-match"] == '"one"'


def test_the_store_answers_ranges_as_they_are_asked_for(bucket: Any) -> None:
    bucket.put_object(Key="large", Body=CONTENT)
    found = Body(10_000_000)
    with contextlib.closing(Store(Fetch())) as store:
        store.read("s3://pairs/large", found)
        assert (found.content == CONTENT, found.total) == (True, len(CONTENT))
        del found.parts[1:]
        found.size = len(found.parts[0])
        store.read("s3://pairs/large", found)
        assert found.content == CONTENT
        bucket.put_object(Key="large", Body=CONTENT[::-1])
        del found.parts[1:]
        found.size = len(found.parts[0])
        with pytest.raises(BadItemError, match="preconditionfailed") as caught:
            store.read("s3://pairs/large", found)
        assert (caught.value.kind, found.size) == ("transient", 0)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        pytest.param(endless(head(200, Content_Length=100_000), b"x", 0.02), "deadline", id="drip"),
        pytest.param(silent(head(200, Content_Length=100_000) + b"x"), "connection", id="stall"),
        pytest.param(raw(head(200, Content_Length=100) + b"short"), "connection", id="short"),
        pytest.param(raw(head(200, Content_Length=10**12) + b"x"), "too_large", id="announced"),
    ],
)
def test_no_store_outlasts_the_bounds(
    server: Server, monkeypatch: pytest.MonkeyPatch, script: Script, reason: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url(""))
    server.scripts["/pairs/a"] = script
    params = Fetch(deadline=0.5, stall=0.3, attempts=1)
    with Fetcher(params, 1_000_000) as fetcher, pytest.raises(BadItemError, match=reason):
        fetcher.read("s3://pairs/a", NOWHERE)


def test_a_store_that_asks_to_slow_down_is_waited_for(
    server: Server, monkeypatch: pytest.MonkeyPatch, large: Fetcher
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url(""))
    slow_down = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
    server.scripts["/pairs/a"] = in_turn(status(503, slow_down), status(500), body(b"content"))
    fetched = large.read("s3://pairs/a", NOWHERE)
    assert (fetched.content, fetched.tries) == (b"content", 3)
