"""What hostile links and hostile answers try against a fetch, with a real server that must not be reached."""

from collections.abc import Iterator

import pytest

from stages.core.safety import BadItemError
from stages.ingest.fetch import Base, Fetcher
from stages.ingest.fetch.body import Body
from stages.ingest.fetch.hosts import new_hosts
from stages.ingest.fetch.web import Web
from stages.ingest.params import Fetch
from tests.ingest.fetch.server import Server, body, status

NOWHERE = Base(None)
LIMIT = 1000


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as found:
        found.scripts["/a"] = body(b"secret")
        yield found


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(Fetch(deadline=2.0, longest_wait=0.0), LIMIT) as found:
        yield found


def web(address: str, **changes: object) -> Web:
    """A web in which every host is at one address."""
    params = Fetch.model_validate({"deadline": 1.0, "honour": {"robots_txt": False}, **changes})
    return Web(params, new_hosts(params, lambda _host: [address]))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0",
        "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]", "localhost", "LOCALHOST", "127.0.0.1.", "good.example@127.0.0.1",
        "good.example:80@127.0.0.1",
        "good.example%40127.0.0.1", "\N{FULLWIDTH DIGIT ONE}27.0.0.1", "127\N{IDEOGRAPHIC FULL STOP}0.0.1",
        "\N{CIRCLED DIGIT ONE}\N{CIRCLED DIGIT TWO}\N{CIRCLED DIGIT SEVEN}.0.0.1",
    ],
)  # fmt: skip
def test_no_way_to_write_this_machine_reaches_it(fetcher: Fetcher, server: Server, host: str) -> None:
    with pytest.raises(BadItemError) as caught:
        fetcher.read(server.url("/a", host), NOWHERE)
    assert caught.value.reason in ("private_address", "credentials_in_link", "bad_link", "host_not_found")
    assert caught.value.tries == 1
    assert not server.requests


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "10.0.0.1"])
def test_a_name_that_points_inside_is_refused(server: Server, address: str) -> None:
    found = web(address)
    with pytest.raises(BadItemError, match="private_address"):
        found.read(server.url("/a", "harmless.example"), Body(LIMIT))
    assert not server.requests


def test_a_name_that_changes_is_connected_where_it_was_checked(server: Server) -> None:
    """DNS rebinding: the first answer is public, each later one is this machine."""
    answers = iter(["93.184.216.34"])
    asked = []

    def rebind(host: str) -> list[str]:
        asked.append(host)
        return [next(answers, "127.0.0.1")]

    params = Fetch.model_validate({"deadline": 0.2, "honour": {"robots_txt": False}})
    found = Web(params, new_hosts(params, rebind))
    for _ in range(2):
        with pytest.raises(BadItemError):
            found.read(server.url("/a", "rebind.example"), Body(LIMIT))
    assert not server.requests


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://169.254.169.254/latest/meta-data/", "private_address"),
        ("http://[::1]/", "private_address"),
        ("http://[::ffff:10.0.0.1]/", "private_address"),
        ("http://2130706434/", "private_address"),
        ("//127.0.0.2/", "private_address"),
        ("http://user@127.0.0.1/", "credentials_in_link"),
        ("file:///etc/passwd", "bad_scheme"),
        ("s3://bucket/key", "bad_scheme"),
        ("data:text/plain,hello", "bad_scheme"),
        ("http://a b.example/", "bad_link"),
    ],
)
def test_no_redirect_leads_inside(server: Server, location: str, reason: str) -> None:
    params = Fetch.model_validate({"allow_private": ["127.0.0.1/32"], "honour": {"robots_txt": False}})
    found = Web(params, new_hosts(params))
    server.scripts["/a"] = status(302, Location=location)
    with pytest.raises(BadItemError, match=reason):
        found.read(server.url("/a"), Body(LIMIT))
    assert len(server.requests) == 1
    found.close()


def test_no_link_writes_a_header(fetcher: Fetcher, server: Server) -> None:
    found = web("127.0.0.1", allow_private=["127.0.0.1/32"])
    for path in ("/a\r\nX-Evil: 1", "/a HTTP/1.1\r\nHost: evil", "/a\nX-Evil: 1"):
        with pytest.raises(BadItemError, match="bad_link"):
            found.read(server.url(path), Body(LIMIT))
    with pytest.raises(BadItemError, match="http_404"):
        found.read(server.url("/a HTTP/1.1 X"), Body(LIMIT))
    assert [request.path for request in server.requests] == ["/a%20HTTP/1.1%20X"]
    assert "x-evil" not in server.requests[0].headers
    found.close()


@pytest.mark.parametrize("contact", ["http://a.org\r\nX-Evil: 1", "a b", "(nested)", "\u00e9"])
def test_no_param_writes_a_header(contact: str) -> None:
    with pytest.raises(ValueError, match="contact"):
        Fetch(contact=contact)


def test_the_agent_says_who_to_complain_to(server: Server) -> None:
    found = web("127.0.0.1", allow_private=["127.0.0.1/32"], contact="https://a.org/robot")
    found.read(server.url("/a", "a.example"), Body(LIMIT))
    assert server.requests[0].headers["user-agent"] == "tenfold/0.1 (+https://a.org/robot)"
    assert server.requests[0].headers["host"] == f"a.example:{server.port}"
    found.close()
