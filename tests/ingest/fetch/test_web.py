"""Links to the web: what is fetched, what is refused, what is tried again. Servers are on this machine."""

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from stages.core.safety import BadItemError
from stages.ingest.fetch import Base, Fetcher
from stages.ingest.fetch.guard import Deadline
from stages.ingest.fetch.web import Web
from stages.ingest.params import Fetch
from tests.ingest.material import Answer, Site, body, in_turn, status

LIMIT = 100_000
NOWHERE = Base(None)


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    params = Fetch(allow_private=("127.0.0.1/32",), deadline=5.0, longest_wait=0.0)
    with Fetcher(params, LIMIT) as found:
        yield found


def drip(seconds: float) -> Answer:
    """A byte now and then, for longer than any deadline of the tests."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(int(20 / seconds)):
                handler.wfile.write(b"x")
                time.sleep(seconds)
        except OSError:
            handler.close_connection = True

    return answer


def drip_headers(handler: BaseHTTPRequestHandler) -> None:
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(400):
            handler.wfile.write(b"X-%d: y\r\n" % number)
            time.sleep(0.05)
    except OSError:
        handler.close_connection = True


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"x" * 10_000)
    except OSError:
        handler.close_connection = True


def short(handler: BaseHTTPRequestHandler) -> None:
    body(b"only this", Content_Length="1000")(handler)
    handler.close_connection = True


def test_a_body_comes_with_its_hash(fetcher: Fetcher, site: Site) -> None:
    site.answers["/a"] = body(b"content")
    fetched = fetcher.read(site.url("/a"), NOWHERE)
    assert (fetched.content, fetched.tries) == (b"content", 1)
    assert fetched.sha256.startswith("ed7002b4")


def test_connections_are_kept_alive(fetcher: Fetcher, site: Site) -> None:
    ports = []

    def remember(handler: BaseHTTPRequestHandler) -> None:
        ports.append(handler.client_address[1])
        body(b"x")(handler)

    site.answers["/a"] = remember
    for _ in range(3):
        fetcher.read(site.url("/a"), NOWHERE)
    assert len(set(ports)) == 1


def test_links_are_escaped_and_the_agent_is_honest(fetcher: Fetcher, site: Site) -> None:
    agents = []

    def remember(handler: BaseHTTPRequestHandler) -> None:
        agents.append(handler.headers["User-Agent"])
        body(b"x")(handler)

    site.answers["/caf%C3%A9%20au?q=1"] = remember
    assert fetcher.read(site.url("/café au?q=1#part"), NOWHERE).content == b"x"
    assert agents[0].startswith("tenfold/")


def test_redirects_are_followed(fetcher: Fetcher, site: Site) -> None:
    site.answers["/a"] = status(302, Location="b")
    site.answers["/b"] = status(301, Location=site.url("/c"))
    site.answers["/c"] = body(b"there")
    assert fetcher.read(site.url("/a"), NOWHERE).content == b"there"


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
    fetcher: Fetcher, site: Site, target: str, reason: str
) -> None:
    site.answers["/a"] = status(302, Location=target)
    with pytest.raises(BadItemError, match=reason) as caught:
        fetcher.read(site.url("/a"), NOWHERE)
    assert (caught.value.kind, caught.value.tries) == ("refused", 1)


def test_a_loop_of_redirects_ends(fetcher: Fetcher, site: Site) -> None:
    site.answers["/a"] = status(302, Location="/a")
    with pytest.raises(BadItemError, match="redirect_loop"):
        fetcher.read(site.url("/a"), NOWHERE)
    assert len(site.requests) == 6


def test_private_addresses_are_refused_by_default(site: Site) -> None:
    site.answers["/a"] = body(b"secret")
    with Fetcher(Fetch(), LIMIT) as fetcher, pytest.raises(BadItemError, match="private_address"):
        fetcher.read(site.url("/a"), NOWHERE)
    assert not site.requests


def test_a_name_that_changes_its_address_gains_nothing(site: Site) -> None:
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    asked = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return answers[min(len(asked) - 1, 1)]

    web = Web(Fetch(allow_private=("93.184.216.34/32",), deadline=0.2), rebinding)
    site.answers["/a"] = body(b"secret")
    with pytest.raises(BadItemError):
        web.read(f"http://rebind.test:{site.port}/a", LIMIT)
    assert len(asked) == 1
    assert not site.requests
    web.close()


def test_one_private_address_among_several_is_enough_to_refuse(site: Site) -> None:
    web = Web(Fetch(), lambda _host, _port: ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(BadItemError, match="private_address"):
        web.read("http://two-faced.test/", LIMIT)
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
    fetcher: Fetcher, site: Site, code: int, kind: str, requests: int
) -> None:
    site.answers["/a"] = status(code)
    with pytest.raises(BadItemError, match=f"http_{code}") as caught:
        fetcher.read(site.url("/a"), NOWHERE)
    assert (caught.value.kind, caught.value.tries, len(site.requests)) == (kind, requests, requests)


def test_a_busy_server_is_asked_again(fetcher: Fetcher, site: Site) -> None:
    site.answers["/a"] = in_turn(status(503), short, body(b"at last"))
    fetched = fetcher.read(site.url("/a"), NOWHERE)
    assert (fetched.content, fetched.tries) == (b"at last", 3)


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_beyond_the_bound_is_not_read(fetcher: Fetcher, site: Site, announced: bool) -> None:
    site.answers["/a"] = body(b"x" * (LIMIT + 1)) if announced else endless
    with pytest.raises(BadItemError, match="too_large"):
        fetcher.read(site.url("/a"), NOWHERE)
    assert len(site.requests) == 1


def test_a_body_shorter_than_announced_is_no_body(fetcher: Fetcher, site: Site) -> None:
    site.answers["/a"] = short
    with pytest.raises(BadItemError, match="connection") as caught:
        fetcher.read(site.url("/a"), NOWHERE)
    assert caught.value.kind == "transient"


@pytest.mark.parametrize("answer", [drip(0.05), drip_headers])
def test_a_dripping_server_cannot_outlast_the_deadline(site: Site, answer: Answer) -> None:
    site.answers["/a"] = answer
    params = Fetch(allow_private=("127.0.0.0/8",), deadline=0.3, attempts=1)
    with Fetcher(params, LIMIT) as fetcher, pytest.raises(BadItemError, match=r"deadline|timeout") as caught:
        fetcher.read(site.url("/a"), NOWHERE)
    assert caught.value.kind == "transient"


def test_a_compressed_body_is_not_unpacked(fetcher: Fetcher, site: Site) -> None:
    site.answers["/a"] = body(b"\x1f\x8b", Content_Encoding="gzip")
    with pytest.raises(BadItemError, match="encoded_body"):
        fetcher.read(site.url("/a"), NOWHERE)


def test_an_empty_body_is_set_aside(fetcher: Fetcher, site: Site) -> None:
    site.answers["/a"] = body(b"")
    with pytest.raises(BadItemError, match="empty_file"):
        fetcher.read(site.url("/a"), NOWHERE)


def test_nobody_listens(fetcher: Fetcher, site: Site) -> None:
    site.server.server_close()
    with pytest.raises(BadItemError, match="connection") as caught:
        fetcher.read(site.url("/a"), NOWHERE)
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
