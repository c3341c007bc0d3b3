"""Links to the web: what is fetched, what is refused, what is tried again. Servers are on this machine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stages.core.safety import BadItemError
from stages.ingest.fetch import Base, Fetcher
from stages.ingest.fetch.body import Body
from stages.ingest.fetch.guard import Deadline
from stages.ingest.fetch.hosts import new_hosts
from stages.ingest.fetch.web import Web
from stages.ingest.params import Fetch
from tests.ingest.fetch.server import Script, Server, body, endless, head, in_turn, raw, status

LIMIT = 100_000
NOWHERE = Base(None)
SHORT = raw(head(200, Content_Length=1000) + b"only this")
ENDLESS = endless(head(200), b"x" * 10_000)


def params(**changes: Any) -> Fetch:
    """Loopback is open, robots.txt is not asked for, and nothing is waited for."""
    return Fetch.model_validate(
        {
            "allow_private": ["127.0.0.1/32"],
            "deadline": 5.0,
            "longest_wait": 0.0,
            "host": {"requests_per_second": None},
            "honour": {"robots_txt": False},
            **changes,
        }
    )


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(params(), LIMIT) as found:
        yield found


def test_a_body_comes_with_its_hash(fetcher: Fetcher, server: Server) -> None:
    server.scripts["/a"] = body(b"content")
    fetched = fetcher.read(server.url("/a"), NOWHERE)
    assert (fetched.content, fetched.tries) == (b"content", 1)
    assert fetched.sha256.startswith("ed7002b4")


def test_connections_are_kept_alive(fetcher: Fetcher, server: Server) -> None:
    server.scripts["/a"] = in_turn(body(b"x"), status(302, Location="/b"))
    server.scripts["/b"] = status(404, b"nothing here")
    fetcher.read(server.url("/a"), NOWHERE)
    with pytest.raises(BadItemError, match="http_404"):
        fetcher.read(server.url("/a"), NOWHERE)
    assert len(server.requests) == 3
    assert len({request.port for request in server.requests}) == 1


def test_links_are_escaped_and_the_agent_is_honest(fetcher: Fetcher, server: Server) -> None:
    server.scripts["/caf%C3%A9%20au?q=1"] = body(b"x")
    assert fetcher.read(server.url("/café au?q=1#part"), NOWHERE).content == b"x"
    assert server.requests[0].headers["user-agent"].startswith("tenfold/")


def test_redirects_are_followed(fetcher: Fetcher, server: Server) -> None:
    server.scripts["/a"] = status(302, Location="b")
    server.scripts["/b"] = status(301, Location=server.url("/c"))
    server.scripts["/c"] = body(b"there")
    assert fetcher.read(server.url("/a"), NOWHERE).content == b"there"


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://127.0.0.2/x", "private_address"),
        ("http://169.254.169.254/latest/meta-data/", "private_address"),
        ("http://[::1]/x", "private_address"),
        ("http://0x7f000002/", "private_address"),
        ("file:///etc/passwd", "bad_scheme"),
        ("ftp://127.0.0.1/x", "bad_scheme"),
    ],
)
def test_a_redirect_to_a_forbidden_place_is_refused(
    fetcher: Fetcher, server: Server, target: str, reason: str
) -> None:
    server.scripts["/a"] = status(302, Location=target)
    with pytest.raises(BadItemError, match=reason) as caught:
        fetcher.read(server.url("/a"), NOWHERE)
    assert (caught.value.kind, caught.value.tries) == ("refused", 1)


def test_a_loop_of_redirects_ends(fetcher: Fetcher, server: Server) -> None:
    server.scripts["/a"] = status(302, Location="/a")
    with pytest.raises(BadItemError, match="redirect_loop"):
        fetcher.read(server.url("/a"), NOWHERE)
    assert len(server.requests) == 6


def test_private_addresses_are_refused_by_default(server: Server) -> None:
    server.scripts["/a"] = body(b"secret")
    with Fetcher(Fetch(), LIMIT) as fetcher, pytest.raises(BadItemError, match="private_address"):
        fetcher.read(server.url("/a"), NOWHERE)
    assert not server.requests


def test_a_name_that_changes_its_address_gains_nothing(server: Server) -> None:
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    asked = []

    def rebinding(host: str) -> list[str]:
        asked.append(host)
        return answers[min(len(asked) - 1, 1)]

    bounds = params(allow_private=["93.184.216.34/32"], deadline=0.2)
    web = Web(bounds, new_hosts(bounds, rebinding))
    server.scripts["/a"] = body(b"secret")
    with pytest.raises(BadItemError):
        web.read(server.url("/a", "rebind.test"), Body(LIMIT))
    assert len(asked) == 1
    assert not server.requests
    web.close()


def test_one_private_address_among_several_is_enough_to_refuse(server: Server) -> None:
    web = Web(Fetch(), new_hosts(Fetch(), lambda _host: ["93.184.216.34", "10.0.0.1"]))
    with pytest.raises(BadItemError, match="private_address"):
        web.read("http://two-faced.test/", Body(LIMIT))
    web.close()


@pytest.mark.parametrize(
    ("code", "kind", "requests"),
    [
        (404, "permanent", 1), (410, "permanent", 1), (204, "permanent", 1),
        (403, "refused", 1), (451, "refused", 1),
        (429, "transient", 3), (500, "transient", 3), (503, "transient", 3),
    ],
)  # fmt: skip
def test_only_errors_that_may_pass_are_tried_again(
    fetcher: Fetcher, server: Server, code: int, kind: str, requests: int
) -> None:
    server.scripts["/a"] = status(code)
    with pytest.raises(BadItemError, match=f"http_{code}") as caught:
        fetcher.read(server.url("/a"), NOWHERE)
    assert (caught.value.kind, caught.value.tries, len(server.requests)) == (kind, requests, requests)


def test_a_busy_server_is_asked_again(fetcher: Fetcher, server: Server) -> None:
    server.scripts["/a"] = in_turn(status(503), SHORT, body(b"at last"))
    fetched = fetcher.read(server.url("/a"), NOWHERE)
    assert (fetched.content, fetched.tries) == (b"at last", 3)


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_beyond_the_bound_is_not_read(fetcher: Fetcher, server: Server, announced: bool) -> None:
    server.scripts["/a"] = body(b"x" * (LIMIT + 1)) if announced else ENDLESS
    with pytest.raises(BadItemError, match="too_large"):
        fetcher.read(server.url("/a"), NOWHERE)
    assert len(server.requests) == 1


def test_a_body_shorter_than_announced_is_no_body(fetcher: Fetcher, server: Server) -> None:
    server.scripts["/a"] = SHORT
    with pytest.raises(BadItemError, match="connection") as caught:
        fetcher.read(server.url("/a"), NOWHERE)
    assert caught.value.kind == "transient"


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(endless(head(200), b"x", 0.02), id="body"),
        pytest.param(endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.02), id="headers"),
        pytest.param(endless(head(302, Location="/a", Content_Length=50_000), b"x", 0.02), id="redirect"),
    ],
)
def test_a_dripping_server_cannot_outlast_the_deadline(server: Server, script: Script) -> None:
    server.scripts["/a"] = script
    with (
        Fetcher(params(deadline=0.3, attempts=1), LIMIT) as fetcher,
        pytest.raises(BadItemError, match=r"deadline|timeout") as caught,
    ):
        fetcher.read(server.url("/a"), NOWHERE)
    assert caught.value.kind == "transient"


def test_a_compressed_body_is_not_unpacked(fetcher: Fetcher, server: Server) -> None:
    server.scripts["/a"] = body(b"\x1f\x8b", Content_Encoding="gzip")
    with pytest.raises(BadItemError, match="encoded_body"):
        fetcher.read(server.url("/a"), NOWHERE)


def test_an_empty_body_is_set_aside(fetcher: Fetcher, server: Server) -> None:
    server.scripts["/a"] = body(b"")
    with pytest.raises(BadItemError, match="empty_file"):
        fetcher.read(server.url("/a"), NOWHERE)


def test_nobody_listens(fetcher: Fetcher, server: Server) -> None:
    server.__exit__()
    with pytest.raises(BadItemError, match="connection") as caught:
        fetcher.read(server.url("/a"), NOWHERE)
    assert (caught.value.kind, caught.value.tries) == ("transient", 3)


@pytest.mark.parametrize(
    "link", ["http://", "http:///x", "http://a b/", "http://[::1", "http://127.0.0.1:99999/"]
)
def test_what_is_no_link_is_set_aside(fetcher: Fetcher, link: str) -> None:
    with pytest.raises(BadItemError) as caught:
        fetcher.read(link, NOWHERE)
    assert caught.value.kind in ("permanent", "refused")


def test_a_host_that_is_not_there_is_not_asked_for_again(fetcher: Fetcher) -> None:
    with pytest.raises(BadItemError, match="host_not_found"):
        fetcher.read("http://no-such-host.invalid/", NOWHERE)


@pytest.mark.parametrize("link", ["a.png", "/etc/passwd", "file:///etc/passwd", "gopher://x/", "data://x"])
def test_a_manifest_of_the_web_does_not_reach_this_machine(fetcher: Fetcher, link: str) -> None:
    with pytest.raises(BadItemError, match="bad_scheme") as caught:
        fetcher.read(link, NOWHERE)
    assert caught.value.kind == "refused"


def test_local_links_stay_below_their_base(fetcher: Fetcher, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"local")
    assert fetcher.read("a", Base(tmp_path)).content == b"local"
    with pytest.raises(BadItemError, match="outside_root"):
        fetcher.read(f"file://{tmp_path}/a", Base(tmp_path))
    assert fetcher.read(f"file://{tmp_path}/a", Base(tmp_path, allow_absolute=True)).content == b"local"


def test_a_deadline_is_of_its_block_only() -> None:
    deadline = Deadline()
    with deadline.within(-1), pytest.raises(BadItemError, match="deadline"):
        deadline.remaining(1.0)
    assert deadline.remaining(1.0) == 1.0
