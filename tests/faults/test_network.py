"""Hostile and broken servers: each ends in time with its class of error, and costs no other link anything."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from stages.core.errors import TryAgainError
from stages.core.safety import BadItemError
from stages.ingest.fetch import Base, Fetched, Fetcher
from stages.ingest.fetch import hosts as hosts_of_process
from stages.ingest.fetch.hosts import known_hosts, new_hosts
from stages.ingest.params import Fetch
from tests.ingest.fetch.server import (
    HangUpError,
    Request,
    Script,
    Server,
    body,
    endless,
    head,
    raw,
    silent,
    status,
)

pytestmark = pytest.mark.fault

LIMIT = 200_000
NOWHERE = Base(None)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = head(200, Transfer_Encoding="chunked")
BOMB = b"\x1f\x8b\x08\x00" + b"\x00" * 1000


def reset(connection: socket.socket, _: Request) -> None:
    """Half of a body, and then the connection is reset."""
    connection.sendall(head(200, Content_Length=1000) + b"x" * 500)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    raise HangUpError


FAULTS: dict[str, tuple[Script, str, str]] = {  # what the server does, the reason, its kind
    "drip": (endless(head(200, Content_Length=LIMIT), b"x", 0.02), "deadline", "transient"),
    "drip-headers": (endless(OK, b"X: y\r\n", 0.02), "deadline", "transient"),
    "silence": (silent(), "timeout", "transient"),
    "stall": (silent(head(200, Content_Length=1000) + b"half"), "timeout", "transient"),
    "endless-body": (endless(head(200), b"x" * 10_000), "too_large", "permanent"),
    "endless-chunks": (endless(CHUNKED, b"2710\r\n" + b"x" * 10_000 + b"\r\n"), "too_large", "permanent"),
    "endless-headers": (endless(OK, b"X: " + b"y" * 1000 + b"\r\n"), "connection", "transient"),
    "endless-header": (endless(OK + b"X: ", b"y" * 1000), "connection", "transient"),
    "endless-informational": (endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), "deadline", "transient"),
    "announced-too-large": (raw(head(200, Content_Length=10**12) + b"x"), "too_large", "permanent"),
    "long-length": (raw(head(200, Content_Length=1000) + b"short"), "connection", "transient"),
    "absurd-length": (raw(OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nx"), "connection", "transient"),
    "negative-length": (raw(head(200, Content_Length=-5) + b"x"), "connection", "transient"),
    "two-lengths": (raw(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"), "connection", "transient"),
    "reset": (reset, "connection", "transient"),
    "hang-up": (raw(b""), "connection", "transient"),
    "no-http": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "connection", "transient"),
    "gzip-bomb": (body(BOMB, Content_Encoding="gzip"), "encoded_body", "permanent"),
    "deflate-bomb": (body(BOMB, Content_Encoding="deflate"), "encoded_body", "permanent"),
    "loop": (status(302, Location="/loop"), "redirect_loop", "permanent"),
    "empty": (body(b""), "empty_file", "permanent"),
    "gone": (status(404), "http_404", "permanent"),
    "forbidden": (status(403), "http_403", "refused"),
    "broken": (status(500), "http_500", "transient"),
}  # fmt: skip


def params(**changes: Any) -> Fetch:
    return Fetch.model_validate(
        {
            "allow_private": ["127.0.0.1/32"],
            "deadline": 1.5,
            "stall": 0.7,
            "attempts": 1,
            "longest_wait": 0.0,
            "host": {"requests_per_second": None, "connections": 32},
            "honour": {"robots_txt": False},
            "concurrency": 32,
            **changes,
        }
    )


def read_all(fetcher: Fetcher, asks: list[tuple[str, Base]]) -> list[Fetched | BadItemError]:
    """The fate of each link, in the order of the links."""
    found = dict(fetcher.read_all(asks))
    return [found[position] for position in range(len(asks))]


@pytest.fixture
def server() -> Iterator[Server]:
    known_hosts.cache_clear()
    with Server() as found:
        yield found


def test_each_fault_ends_with_its_class_and_no_good_link_is_lost(server: Server) -> None:
    asks = []
    for number, (name, (script, _, _)) in enumerate(FAULTS.items()):
        server.scripts |= {f"/{name}": script, f"/good{number}": body(b"good" * number + b"!")}
        asks += [(server.url(f"/{name}"), NOWHERE), (server.url(f"/good{number}"), NOWHERE)]
    with Fetcher(params(), LIMIT) as fetcher:
        found = read_all(fetcher, asks)
    bad, good = found[::2], found[1::2]
    judged = {
        name: (error.reason, error.kind) if isinstance(error, BadItemError) else error
        for name, error in zip(FAULTS, bad, strict=True)
    }
    assert judged == {name: (reason, kind) for name, (_, reason, kind) in FAULTS.items()}
    assert [one.content for one in good if isinstance(one, Fetched)] == [
        b"good" * number + b"!" for number in range(len(FAULTS))
    ]


def test_what_a_server_sends_beyond_a_body_is_not_the_next_answer(server: Server) -> None:
    forged = head(200, Content_Length=6) + b"forged"
    server.scripts = {
        "/a": raw(head(200, Content_Length=4) + b"true" + forged, hang_up=False),
        "/b": body(b"next"),
    }
    with Fetcher(params(attempts=3), LIMIT) as fetcher:
        for _ in range(3):
            assert fetcher.read(server.url("/a"), NOWHERE).content == b"true"
            assert fetcher.read(server.url("/b"), NOWHERE).content == b"next"


@pytest.mark.parametrize("code", [429, 503])
def test_a_storm_slows_its_host_and_no_other(
    server: Server, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Forty links of a host that wants to be left alone, forty of one that answers."""
    bounds = params(
        attempts=3, longest_wait=2.0, concurrency=4, host={"connections": 2, "requests_per_second": None}
    )
    local = new_hosts(bounds, lambda _host: ["127.0.0.1"])
    monkeypatch.setattr(hosts_of_process, "known_hosts", lambda _params: local)
    server.scripts = {"/busy": status(code, Retry_After=3600), "/good": body(b"good")}
    hosts = [("/busy", "busy.example"), ("/good", "good.example")] * 40
    with Fetcher(bounds, LIMIT) as fetcher:
        found = read_all(fetcher, [(server.url(path, host), NOWHERE) for path, host in hosts])
    assert all(isinstance(one, Fetched) for one in found[1::2])
    reasons = {one.reason for one in found[::2] if isinstance(one, BadItemError) and one.kind == "transient"}
    assert reasons <= {f"http_{code}", "host_busy"}
    assert len(found[::2]) == 40
    assert server.count("/busy") <= 2  # one per connection: whoever was under way when it said so
    assert server.count("/good") == 40


def test_a_list_of_dead_links_asks_each_once(server: Server) -> None:
    with Fetcher(params(attempts=3), LIMIT) as fetcher:
        found = read_all(fetcher, [(server.url(f"/{number}"), NOWHERE) for number in range(100)])
    assert [one.reason for one in found if isinstance(one, BadItemError)] == ["http_404"] * 100
    assert sorted(request.path for request in server.requests) == sorted(
        f"/{number}" for number in range(100)
    )


def test_names_that_rotted_are_told_from_a_network_that_is_down(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolver(host: str) -> list[str]:
        if host.endswith("gone.example"):
            raise BadItemError("host_not_found", host)
        raise BadItemError("dns_unavailable", host, "transient")

    bounds = params()
    monkeypatch.setattr(hosts_of_process, "known_hosts", lambda _params: new_hosts(bounds, resolver))
    gone = [(f"http://{number}.gone.example/", NOWHERE) for number in range(100)]
    with Fetcher(bounds, LIMIT) as fetcher:
        found = read_all(fetcher, gone)
        assert [one.reason for one in found if isinstance(one, BadItemError)] == ["host_not_found"] * 100
    down = [(f"http://{number}.mute.example/", NOWHERE) for number in range(100)]
    with Fetcher(bounds, LIMIT) as fetcher, pytest.raises(TryAgainError, match="check the network"):
        read_all(fetcher, down)
