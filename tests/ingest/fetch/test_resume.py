"""A large body that breaks off is gone on from where it ended, if that is safe."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stages.core.safety import BadItemError
from stages.ingest.fetch import Base, Fetcher
from stages.ingest.fetch.body import Body, strong_validator
from stages.ingest.params import Fetch
from tests.ingest.fetch.server import HangUpError, Request, Server, head, status

CONTENT = bytes(range(256)) * 1000
HALF = len(CONTENT) // 2
NOWHERE = Base(None)
TAG = '"one"'
DATES = {"Date": "Tue, 24 Nov 2026 10:00:00 GMT", "Last_Modified": "Mon, 23 Nov 2026 10:00:00 GMT"}


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    params = Fetch.model_validate(
        {"allow_private": ["127.0.0.1/32"], "longest_wait": 0.0, "honour": {"robots_txt": False}}
    )
    with Fetcher(params, 10_000_000) as found:
        yield found


class Breaking:
    """Sends half of the content and hangs up; then answers ranges as a good server does.

    Args:
        headers: of the first answer.
        stall: whether it says nothing more after the half, instead of hanging up.
        changed: whether the content is another one when the rest is asked for.
        part: makes the answer to a range, where it is to be a bad one.
    """

    def __init__(
        self,
        headers: dict[str, str],
        *,
        stall: bool = False,
        changed: bool = False,
        part: Callable[[int], bytes] | None = None,
    ) -> None:
        self.headers, self.stall, self.part = headers, stall, part
        self.content = CONTENT[::-1] if changed else CONTENT
        self.asked: list[str] = []

    def __call__(self, connection: socket.socket, request: Request) -> None:
        self.asked.append(request.headers.get("range", ""))
        if len(self.asked) == 1:
            connection.sendall(head(200, Content_Length=len(CONTENT), **self.headers) + CONTENT[:HALF])
            if self.stall:
                connection.recv(1)
            raise HangUpError
        if request.headers.get("range") and self.content is CONTENT:
            connection.sendall((self.part or self.rest)(int(request.headers["range"][6:-1])))
        else:
            connection.sendall(head(200, Content_Length=len(self.content), **self.headers) + self.content)

    def rest(self, start: int) -> bytes:
        rest, size = self.content[start:], len(self.content)
        return (
            head(
                206,
                Content_Length=len(rest),
                Content_Range=f"bytes {start}-{size - 1}/{size}",
                **self.headers,
            )
            + rest
        )


@pytest.mark.parametrize("headers", [{"ETag": TAG}, DATES], ids=["etag", "last-modified"])
def test_only_the_rest_is_asked_for(fetcher: Fetcher, server: Server, headers: dict[str, str]) -> None:
    script = server.scripts["/a"] = Breaking({"Accept_Ranges": "bytes", **headers})
    fetched = fetcher.read(server.url("/a"), NOWHERE)
    assert (fetched.content == CONTENT, fetched.tries) == (True, 2)
    start = int(script.asked[1][len("bytes=") : -1])
    assert 0 < start <= HALF
    assert server.requests[1].headers["if-range"] == headers.get("ETag", DATES["Last_Modified"])


@pytest.mark.parametrize(
    "headers",
    [
        {"ETag": TAG},
        {"Accept_Ranges": "none", "ETag": TAG},
        {"Accept_Ranges": "bytes"},
        {"Accept_Ranges": "bytes", "ETag": 'W/"one"'},
        {"Accept_Ranges": "bytes", "Last_Modified": DATES["Date"], "Date": DATES["Date"]},
    ],
    ids=["not-offered", "refused", "no-validator", "weak", "too-young"],
)
def test_without_a_strong_validator_it_starts_again(
    fetcher: Fetcher, server: Server, headers: dict[str, str]
) -> None:
    script = server.scripts["/a"] = Breaking(headers)
    assert fetcher.read(server.url("/a"), NOWHERE).content == CONTENT
    assert script.asked == ["", ""]


def test_a_file_that_changed_comes_whole(fetcher: Fetcher, server: Server) -> None:
    server.scripts["/a"] = Breaking({"Accept_Ranges": "bytes", "ETag": TAG}, changed=True)
    assert fetcher.read(server.url("/a"), NOWHERE).content == CONTENT[::-1]


def test_a_body_that_takes_longer_than_the_deadline_comes_in_parts(server: Server) -> None:
    script = server.scripts["/a"] = Breaking({"Accept_Ranges": "bytes", "ETag": TAG}, stall=True)
    params = Fetch.model_validate(
        {"allow_private": ["127.0.0.1/32"], "longest_wait": 0.0, "honour": {"robots_txt": False}}
    )
    with Fetcher(params, 10_000_000) as fetcher:
        fetched = fetcher.read(server.url("/a"), NOWHERE, seconds=0.3)
    assert (fetched.content == CONTENT, fetched.tries, bool(script.asked[1])) == (True, 2, True)


def _wrong_start(start: int) -> bytes:
    rest = CONTENT[start - 10 :]
    where = f"bytes {start - 10}-{len(CONTENT) - 1}/{len(CONTENT)}"
    return head(206, Content_Length=len(rest), Content_Range=where) + rest


def _wrong_total(start: int) -> bytes:
    where = f"bytes {start}-{len(CONTENT)}/{len(CONTENT) + 1}"
    return head(206, Content_Length=len(CONTENT) + 1 - start, Content_Range=where) + CONTENT[start:] + b"x"


def _short(start: int) -> bytes:
    where = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
    return head(206, Content_Length=5, Content_Range=where) + CONTENT[start : start + 5]


@pytest.mark.parametrize(
    "part",
    [
        _wrong_start,
        _wrong_total,
        _short,
        lambda _start: head(206, Content_Length=5) + b"parts",
        lambda _start: head(416, Content_Length=0, Content_Range=f"bytes */{len(CONTENT)}"),
    ],
    ids=["start", "total", "short", "no-range", "unsatisfiable"],
)
def test_a_part_that_does_not_fit_is_never_glued_on(
    fetcher: Fetcher, server: Server, part: Callable[[int], bytes]
) -> None:
    script = server.scripts["/a"] = Breaking({"Accept_Ranges": "bytes", "ETag": TAG}, part=part)
    assert fetcher.read(server.url("/a"), NOWHERE).content == CONTENT
    assert [bool(asked) for asked in script.asked] == [False, True, False]


def test_a_part_that_nobody_asked_for_is_no_body(fetcher: Fetcher, server: Server) -> None:
    server.scripts["/a"] = status(206, CONTENT, Content_Range=f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}")
    with pytest.raises(BadItemError, match="http_206") as caught:
        fetcher.read(server.url("/a"), NOWHERE)
    assert caught.value.kind == "permanent"


def test_the_bound_is_of_the_whole(server: Server) -> None:
    server.scripts["/a"] = Breaking({"Accept_Ranges": "bytes", "ETag": TAG}, part=_wrong_total)
    body = Body(limit=len(CONTENT) - 1)
    with pytest.raises(BadItemError, match="too_large"):
        body.begin(200, {"content-length": str(len(CONTENT))})


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"etag": '"a"'}, '"a"'),
        ({"etag": 'W/"a"', "last-modified": DATES["Last_Modified"], "date": DATES["Date"]}, ""),
        ({"etag": "naked"}, ""),
        ({"last-modified": DATES["Last_Modified"]}, ""),
        ({"last-modified": "yesterday", "date": DATES["Date"]}, ""),
        ({}, ""),
    ],
)
def test_what_names_a_version_for_sure(headers: dict[str, str], expected: str) -> None:
    assert strong_validator(headers) == expected


@pytest.mark.parametrize("changed", [False, True])
def test_a_file_gets_the_whole_body_and_nothing_twice(
    server: Server, fetcher: Fetcher, tmp_path: Path, changed: bool
) -> None:
    script = server.scripts["/a"] = Breaking({"Accept_Ranges": "bytes", "ETag": TAG}, changed=changed)
    with (tmp_path / "a").open("wb") as file:
        fetcher.save(server.url("/a"), file, 5.0)
    assert (tmp_path / "a").read_bytes() == script.content
    assert script.asked == ["", f"bytes={HALF}-"]
