"""What X-Robots-Tag and tdm-reservation refuse, and what they do not."""

import pytest

from stages.core.safety import BadItemError
from stages.ingest.fetch import Base, Fetcher
from stages.ingest.fetch.consent import check_consent
from stages.ingest.params import Fetch, Honour
from tests.ingest.fetch.server import Server, body, status


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("noai", "opt_out_noai"),
        ("noindex, NoAI", "opt_out_noai"),
        ("noimageai", "opt_out_noimageai"),
        ("noml", "opt_out_noml"),
        ("tenfold: noai", "opt_out_noai"),
        ("otherbot: noindex, tenfold: nosnippet, noai", "opt_out_noai"),
        ("*: noai", "opt_out_noai"),
        ("unavailable_after: 25 Jun 2025 15:00:00 PST, noai", "opt_out_noai"),
        ("unavailable_after: Wed, 25 Jun 2025 15:00:00 GMT, noai", "opt_out_noai"),
        ("max-snippet: -1, noml", "opt_out_noml"),
        ("noindex, noai, otherbot: nofollow", "opt_out_noai"),
    ],
)
def test_a_tag_for_us_or_for_all_refuses(tag: str, reason: str) -> None:
    with pytest.raises(BadItemError) as caught:
        check_consent({"x-robots-tag": tag}, Honour())
    assert (caught.value.reason, caught.value.kind) == (reason, "refused")


@pytest.mark.parametrize(
    "tag",
    ["", "noindex", "nofollow, noimageindex", "otherbot: noai", "otherbot: noindex, noai", "all", ":", ",,"],
)
def test_search_engines_and_other_robots_are_not_us(tag: str) -> None:
    check_consent({"x-robots-tag": tag}, Honour())


def test_more_words_may_refuse() -> None:
    strict = Honour(robots_tag=("noindex",))
    with pytest.raises(BadItemError, match="opt_out_noindex"):
        check_consent({"x-robots-tag": "noindex"}, strict)
    check_consent({"x-robots-tag": "noai"}, strict)


def test_a_reservation_of_text_and_data_mining_refuses_and_its_absence_does_not() -> None:
    with pytest.raises(BadItemError, match="opt_out_tdm"):
        check_consent({"tdm-reservation": "1", "tdm-policy": "https://a.org/policy.json"}, Honour())
    check_consent({"tdm-reservation": "0"}, Honour())
    check_consent({"tdm-reservation": "1"}, Honour(tdm_reservation=False))


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"X_Robots_Tag": "noai"}, "opt_out_noai"),
        ({"X_Robots_Tag": "tenfold: noml"}, "opt_out_noml"),
        ({"tdm_reservation": "1"}, "opt_out_tdm"),
    ],
)
@pytest.mark.parametrize("code", [200, 302, 503])
def test_a_site_that_says_no_is_asked_once(
    server: Server, headers: dict[str, str], reason: str, code: int
) -> None:
    script = body(b"picture", **headers) if code == 200 else status(code, Location="/b", **headers)
    server.scripts["/a"] = script
    params = Fetch(allow_private=("127.0.0.1/32",), attempts=3)
    with Fetcher(params, 1000) as fetcher, pytest.raises(BadItemError) as caught:
        fetcher.read(server.url("/a"), Base(None))
    assert (caught.value.reason, caught.value.kind, caught.value.tries) == (reason, "refused", 1)
    assert (server.count("/a"), server.count("/b")) == (1, 0)
