"""https on this machine, with an authority made for the test."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from stages.core.safety import BadItemError
from stages.ingest.fetch import Base, Fetcher
from stages.ingest.fetch.guard import tls_context
from stages.ingest.params import Fetch
from tests.ingest.fetch.server import Server, body, status

NOWHERE = Base(None)
PARAMS = Fetch.model_validate(
    {
        "allow_private": ["127.0.0.1/32"],
        "longest_wait": 0.0,
        "deadline": 5.0,
        "honour": {"robots_txt": False},
    }
)


def server_context(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def fetcher(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fetcher]:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    tls_context.cache_clear()
    with Fetcher(PARAMS, 1000) as found:
        yield found
    tls_context.cache_clear()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Server]:
    with Server(server_context(authority)) as found:
        yield found


def test_a_connection_is_kept_and_one_context_made(
    fetcher: Fetcher, secure: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    make = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda **kinds: made.append(kinds) or make(**kinds))
    secure.scripts["/a"] = body(b"content")
    for _ in range(3):
        with Fetcher(PARAMS, 1000) as another:
            assert another.read(secure.url("/a"), NOWHERE).content == b"content"
            assert another.read(secure.url("/a"), NOWHERE).content == b"content"
    assert len(made) == 1
    assert len({request.port for request in secure.requests}) == 3


def test_a_certificate_of_another_name_is_not_taken(fetcher: Fetcher, authority: trustme.CA) -> None:
    with Server(server_context(authority, "other.example")) as server:
        with pytest.raises(BadItemError, match="bad_certificate") as caught:
            fetcher.read(server.url("/a"), NOWHERE)
        assert (caught.value.kind, caught.value.tries, server.requests) == ("permanent", 1, [])


def test_a_certificate_of_an_unknown_authority_is_not_taken(fetcher: Fetcher) -> None:
    with Server(server_context(trustme.CA())) as server:
        with pytest.raises(BadItemError, match="bad_certificate"):
            fetcher.read(server.url("/a"), NOWHERE)
        assert server.requests == []


def test_a_server_without_tls_is_a_broken_connection(fetcher: Fetcher, server: Server) -> None:
    with pytest.raises(BadItemError, match=r"connection|timeout|deadline") as caught:
        fetcher.read(server.url("/a").replace("http:", "https:"), NOWHERE, seconds=0.2)
    assert caught.value.kind == "transient"


def test_a_redirect_may_not_leave_https(fetcher: Fetcher, secure: Server, server: Server) -> None:
    secure.scripts["/a"] = status(302, Location=server.url("/b"))
    server.scripts = {"/b": body(b"swapped"), "/c": status(302, Location=secure.url("/d"))}
    secure.scripts["/d"] = body(b"content")
    with pytest.raises(BadItemError, match="downgrade") as caught:
        fetcher.read(secure.url("/a"), NOWHERE)
    assert (caught.value.kind, server.requests) == ("refused", [])
    assert fetcher.read(server.url("/c"), NOWHERE).content == b"content"
