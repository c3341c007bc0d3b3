"""robots.txt as RFC 9309 has it: asked for once, by the same guards, and honoured."""

from collections.abc import Iterator

import pytest

from stages.core.safety import BadItemError
from stages.ingest.fetch import Base, Fetched, Fetcher
from stages.ingest.fetch.robots import LARGEST, parse
from stages.ingest.params import Fetch
from tests.ingest.fetch.server import Script, Server, body, head, in_turn, raw, status

NOWHERE = Base(None)


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    params = Fetch(allow_private=("127.0.0.1/32",), deadline=2.0, longest_wait=0.0)
    with Fetcher(params, 10_000_000) as found:
        yield found


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("user-agent: *\ndisallow: /private", "/private/a", False),
        ("user-agent: *\ndisallow: /private", "/Private/a", True),
        ("User-agent: TENFOLD\nDisallow: /\nUser-agent: *\nAllow: /", "/a", False),
        ("User-agent: tenfold/0.1\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow: /\nUser-agent: tenfold\nAllow: /", "/a", True),
        ("User-agent: other\nDisallow: /", "/a", True),
        ("User-agent: ten\nDisallow: /", "/a", True),
        ("User-agent: tenfoldbot\nDisallow: /", "/a", True),
        ("User-agent: other\nUser-agent: tenfold\nDisallow: /", "/a", False),
        ("User-agent: tenfold\nDisallow: /a\n\nUser-agent: tenfold\nDisallow: /b", "/b", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nAllow: /a/b\nDisallow: /a", "/a/c", False),
        ("User-agent: *\nAllow: /page\nDisallow: /page", "/page", True),
        ("User-agent: *\nDisallow: /*.gif$", "/x/y.gif", False),
        ("User-agent: *\nDisallow: /*.gif$", "/x/y.gif?z", True),
        ("User-agent: *\nDisallow: *.gif", "/x/y.gif?z", False),
        ("User-agent: *\nDisallow: /caf%C3%A9", "/caf%c3%a9/1", False),
        ("# nothing\nUser-agent: * # all\nDisallow: /a # here", "/a", False),
        ("\N{ZERO WIDTH NO-BREAK SPACE}User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\r\nDisallow: /a\r\n", "/a", False),
        ("Disallow: /", "/a", True),
        ("User-agent: *\nUser-agent:\nDisallow: /a", "/a", False),
        ("User-agent: other\n\n\nUser-agent: *\n\nDisallow: /a", "/a", False),
    ],
)  # fmt: skip
def test_groups_and_rules(text: str, path: str, allowed: bool) -> None:
    assert parse(text.encode()).can_fetch(f"http://a.org{path}", "tenfold") is allowed


@pytest.mark.parametrize("end", ["\n", "\r", "\v", "\u2028"])
def test_a_file_of_many_agents_with_many_rules_costs_little(end: str) -> None:
    agents = "".join(f"User-agent: bot{number}{end}" for number in range(12_000))
    rules = "".join(f"Disallow: /{number}\n" for number in range(15_000))
    rules_of_all = parse(f"{agents}{rules}User-agent: *\nDisallow: /mine".encode())
    assert rules_of_all.can_fetch("http://a.org/77", "tenfold")


@pytest.mark.parametrize("filler", ["\n", " ", "\t", "user-agent ", "user", ":"])
def test_no_filler_stalls_a_worker(filler: str) -> None:
    text = "User-agent: *\nDisallow: /no\n" + filler * (LARGEST // len(filler))
    assert not parse(text.encode()).can_fetch("http://a.org/no", "tenfold")


def test_wildcards_cannot_stall_a_worker() -> None:
    rules = parse(f"User-agent: *\nDisallow: /{'*a' * 2000}*b".encode())
    assert rules.can_fetch(f"http://a.org/{'a' * 5000}", "tenfold")


def test_it_is_asked_for_once_and_honoured(fetcher: Fetcher, server: Server) -> None:
    server.scripts = {"/robots.txt": body(b"User-agent: *\nDisallow: /no"), "/yes": body(b"content")}
    for _ in range(3):
        assert fetcher.read(server.url("/yes"), NOWHERE).content == b"content"
        with pytest.raises(BadItemError, match="robots_txt") as caught:
            fetcher.read(server.url("/no"), NOWHERE)
        assert (caught.value.kind, caught.value.tries) == ("refused", 1)
    assert (server.count("/robots.txt"), server.count("/no")) == (1, 0)


def test_threads_ask_for_it_once(server: Server) -> None:
    server.scripts = {"/robots.txt": body(b"User-agent: *\nDisallow:")}
    server.otherwise = body(b"content")
    params = Fetch.model_validate({"allow_private": ["127.0.0.1/32"], "host": {"requests_per_second": None}})
    with Fetcher(params, 1000) as fetcher:
        found = [fate for _, fate in fetcher.read_all([(server.url(f"/{n}"), NOWHERE) for n in range(20)])]
    assert all(isinstance(one, Fetched) for one in found)
    assert (server.count("/robots.txt"), len(server.requests)) == (1, 21)


def test_wishes_about_the_file_itself_are_not_about_the_host(fetcher: Fetcher, server: Server) -> None:
    """Nor does what it says at its own place refuse a manifest that the user has named."""
    server.scripts = {"/robots.txt": body(b"User-agent: *", tdm_reservation=1), "/a": body(b"content")}
    assert fetcher.read(server.url("/a"), NOWHERE).content == b"content"
    server.scripts = {
        "/robots.txt": body(b"User-agent: *\nDisallow: /"),
        "/m": body(b"a", X_Robots_Tag="noai"),
    }
    with Fetcher(Fetch(allow_private=("127.0.0.1/32",)).by_name, 1000) as by_name:
        assert by_name.read(server.url("/m"), NOWHERE).content == b"a"


def test_each_host_of_a_redirect_is_asked(fetcher: Fetcher, server: Server) -> None:
    with Server() as other:
        server.scripts["/a"] = status(302, Location=other.url("/b"))
        other.scripts = {"/robots.txt": body(b"User-agent: *\nDisallow: /"), "/b": body(b"content")}
        with pytest.raises(BadItemError, match="robots_txt"):
            fetcher.read(server.url("/a"), NOWHERE)
        assert other.count("/b") == 0


@pytest.mark.parametrize(
    "robots",
    [
        body(b"", X_Robots_Tag="noai"), status(302, Location="ftp://a.org/robots.txt"),
        status(404), status(403), status(410), body(b""), status(301, Location="/robots.txt"),
        body(b"\x1f\x8b", Content_Encoding="gzip"), body(b"<html>no robots</html>"),
    ],
)  # fmt: skip
def test_a_host_without_one_allows_all(fetcher: Fetcher, server: Server, robots: Script) -> None:
    server.scripts = {"/robots.txt": robots, "/a": body(b"content")}
    assert fetcher.read(server.url("/a"), NOWHERE).content == b"content"


@pytest.mark.parametrize("code", [500, 503, 429])
def test_a_host_in_trouble_allows_nothing_for_now(fetcher: Fetcher, server: Server, code: int) -> None:
    server.scripts = {"/robots.txt": status(code), "/a": body(b"content")}
    for _ in range(5):
        with pytest.raises(BadItemError, match="robots_unavailable") as caught:
            fetcher.read(server.url("/a"), NOWHERE)
        assert caught.value.kind == "transient"
    assert (server.count("/robots.txt"), server.count("/a")) == (1, 0)


def test_trouble_that_passes_is_waited_for(server: Server) -> None:
    server.scripts = {"/robots.txt": in_turn(status(500), status(404)), "/a": body(b"content")}
    params = Fetch(allow_private=("127.0.0.1/32",), longest_wait=2.0)
    with Fetcher(params, 1000) as fetcher:
        assert fetcher.read(server.url("/a"), NOWHERE).content == b"content"


@pytest.mark.parametrize("announced", [True, False])
def test_only_its_first_bytes_are_read(fetcher: Fetcher, server: Server, announced: bool) -> None:
    text = b"User-agent: *\nDisallow: /no\n" + b"# " + b"x" * LARGEST + b"\nDisallow: /\n"
    script = body(text) if announced else raw(head(200) + text)
    server.scripts = {"/robots.txt": script, "/yes": body(b"content")}
    assert fetcher.read(server.url("/yes"), NOWHERE).content == b"content"
    with pytest.raises(BadItemError, match="robots_txt"):
        fetcher.read(server.url("/no"), NOWHERE)


def test_it_does_not_lead_into_this_network(fetcher: Fetcher, server: Server) -> None:
    server.scripts = {"/robots.txt": status(302, Location="http://169.254.169.254/latest"), "/a": body(b"x")}
    with pytest.raises(BadItemError, match="private_address"):
        fetcher.read(server.url("/a"), NOWHERE)
    assert server.count("/a") == 0


def test_it_can_be_switched_off(server: Server) -> None:
    server.scripts = {"/robots.txt": body(b"User-agent: *\nDisallow: /"), "/a": body(b"content")}
    params = Fetch.model_validate({"allow_private": ["127.0.0.1/32"], "honour": {"robots_txt": False}})
    with Fetcher(params, 1000) as fetcher:
        assert fetcher.read(server.url("/a"), NOWHERE).content == b"content"
    assert server.count("/robots.txt") == 0
