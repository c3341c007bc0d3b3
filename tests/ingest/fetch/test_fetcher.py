"""Any text may stand where a link should; what comes of it is an error of its line or bytes."""

import threading
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stages.core.safety import BadItemError
from stages.ingest.fetch import Base, Fetched, Fetcher, link_scheme
from stages.ingest.params import Fetch
from tests.ingest.fetch.server import Server, body, endless, head

PARAMS = Fetch(allow_private=("127.0.0.1/32",), longest_wait=0.0, attempts=1, deadline=5.0)


@pytest.mark.parametrize(
    ("link", "scheme"),
    [
        ("a.png", ""), ("a:b.png", ""), ("/a", ""), ("", ""), ("//[://", ""), ("://x", ""), ("1http://x", ""),
        ("http://x", "http"), ("HTTPS://x", "https"), (" http://x", "http"), ("s3://b/k", "s3"),
        ("file:///x", "file"),
    ],
)  # fmt: skip
def test_the_scheme_of_a_link(link: str, scheme: str) -> None:
    assert link_scheme(link) == scheme


@given(st.text(alphabet=st.sampled_from(list("htps:/[]@%.\\?#a1 \0\n\udcff\u00e9")), max_size=12))
@example("//[://")
def test_no_text_breaks_the_fetch(text: str) -> None:
    with Fetcher(PARAMS, 1000) as fetcher:
        ((position, fate),) = fetcher.read_all([(text, Base(Path("/nowhere")))])
    assert position == 0
    assert isinstance(fate, BadItemError)


def test_links_of_all_kinds_come_with_their_positions(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"local")
    server.otherwise = body(b"remote")
    asks = [("a", Base(tmp_path)), (server.url("/b"), Base(None)), ("c", Base(tmp_path)), ("d", Base(None))]
    with Fetcher(PARAMS.by_name, 1000) as fetcher:
        found = dict(fetcher.read_all(asks))
    content = {position: fate.content for position, fate in found.items() if isinstance(fate, Fetched)}
    reasons = {position: fate.reason for position, fate in found.items() if isinstance(fate, BadItemError)}
    assert content == {0: b"local", 1: b"remote"}
    assert reasons == {2: "not_found", 3: "bad_scheme"}


def test_who_stops_half_way_leaves_no_thread_and_no_connection(server: Server) -> None:
    server.scripts["/slow"] = endless(head(200), b"x", 0.02)
    server.otherwise = body(b"content")
    asks = [(server.url("/slow" if number == 7 else f"/{number}"), Base(None)) for number in range(30)]
    params = PARAMS.by_name.model_copy(update={"deadline": 0.5})
    with Fetcher(params, 1000) as fetcher:
        results = fetcher.read_all(asks)
        next(results)
    names = [thread.name for thread in threading.enumerate() if thread.name.startswith("ThreadPool")]
    assert not names
