"""What answers mean, also those that make no sense."""

import contextlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stages.core.safety import BadItemError
from stages.ingest.fetch import Base, Fetcher
from stages.ingest.fetch.answers import header_map, retry_after, status_error
from stages.ingest.fetch.body import strong_validator
from stages.ingest.fetch.consent import check_consent
from stages.ingest.params import Fetch, Honour
from tests.ingest.fetch.server import Server, body, in_turn, status

NOWHERE = Base(None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0), ("0", 0.0), ("", 0.0), ("-5", 0.0), ("1.5", 0.0), ("soon", 0.0),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0.0),
    ],
)  # fmt: skip
def test_how_long_a_server_wants_to_be_left_alone(text: str, seconds: float) -> None:
    assert retry_after(text) == seconds


def test_it_may_say_until_when() -> None:
    then = datetime.now(UTC) + timedelta(seconds=90)
    assert retry_after(format_datetime(then, usegmt=True)) == pytest.approx(90, abs=5)
    assert retry_after("9" * 400) > 10**8


@given(st.text(max_size=60))
@example("Mon, 01 Jan 99999 00:00:00 GMT")
@example("Mon, 01 Jan 2001 00:00:00 +999999")
@example("\N{SUPERSCRIPT TWO}")
def test_no_header_breaks_the_judgement(text: str) -> None:
    assert retry_after(text) >= 0
    assert isinstance(strong_validator({"date": text, "last-modified": text, "etag": text}), str)
    with contextlib.suppress(BadItemError):
        check_consent({"x-robots-tag": text, "tdm-reservation": text}, Honour())


def test_equal_headers_are_one_list() -> None:
    found = header_map([(b"X-Robots-Tag", b"noindex"), (b"ETag", b"1"), (b"x-robots-tag", b"noai")])
    assert found == {"x-robots-tag": "noindex, noai", "etag": "1"}


@pytest.mark.parametrize(
    ("code", "kind"),
    [(404, "permanent"), (410, "permanent"), (204, "permanent"), (401, "refused"), (451, "refused"),
     (408, "transient"), (429, "transient"), (500, "transient"), (503, "transient"), (505, "permanent")],
)  # fmt: skip
def test_kinds(code: int, kind: str) -> None:
    error = status_error(code, {"retry-after": "7"})
    assert (error.reason, error.kind, error.wait) == (
        f"http_{code}",
        kind,
        7.0 if kind == "transient" else 0.0,
    )


def test_a_short_wait_is_waited_and_a_long_one_leaves_the_link(server: Server) -> None:
    params = Fetch.model_validate(
        {"allow_private": ["127.0.0.1/32"], "longest_wait": 2.0, "honour": {"robots_txt": False}}
    )
    server.scripts = {
        "/soon": in_turn(status(503, Retry_After=1), body(b"content")),
        "/late": in_turn(status(429, Retry_After=60), body(b"content")),
    }
    with Fetcher(params, 1000) as fetcher:
        assert fetcher.read(server.url("/soon"), NOWHERE).tries == 2
        with pytest.raises(BadItemError, match="http_429") as caught:
            fetcher.read(server.url("/late"), NOWHERE)
        assert (caught.value.kind, caught.value.tries, server.count("/late")) == ("transient", 1, 1)
