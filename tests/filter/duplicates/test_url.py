"""Spellings of one link become one, and different links never do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.filter.duplicates.url import canonical

CAT = "https://example.org/cat.jpg"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (CAT, CAT),
        ("HTTPS://EXAMPLE.org/cat.jpg", CAT),
        ("https://example.org:443/cat.jpg", CAT),
        ("https://example.org/cat.jpg#left", CAT),
        ("https://example.org/cat.jpg?", CAT),
        ("https://example.org/cat.jpg?fbclid=1&UTM_Source=news", CAT),
        ("https://example.org/a/../b/./../cat.jpg", CAT),
        ("https://example.org/../../cat.jpg", CAT),
        ("https://example.org/%63at.jpg", CAT),
        ("https://user:secret@example.org/cat.jpg", CAT),
        ("http://example.org:80", "http://example.org/"),
        ("http://example.org:8080/x", "http://example.org:8080/x"),
        ("http://[2001:DB8::1]:80/x", "http://[2001:db8::1]/x"),
        ("https://example.org/a/..", "https://example.org/"),
        ("https://example.org/a%2fb", "https://example.org/a%2Fb"),
        ("https://example.org/x?a=1&utm_medium=mail&b=2", "https://example.org/x?a=1&b=2"),
        ("https://example.org/x?my_utm_id=1", "https://example.org/x?my_utm_id=1"),
    ],
)
def test_one_spelling(link: str, expected: str) -> None:
    assert canonical(link) == expected


@pytest.mark.parametrize(
    "other",
    [
        "http://example.org/cat.jpg",
        "https://www.example.org/cat.jpg",
        "https://example.org/cat.jpg/",
        "https://example.org/Cat.jpg",
        "https://example.org/cat.jpg?size=2",
        "https://example.org:8443/cat.jpg",
        "https://example.org/%2Fcat.jpg",
    ],
)
def test_what_may_be_another_resource_stays_apart(other: str) -> None:
    assert canonical(other) not in (None, CAT)


@pytest.mark.parametrize(
    "link",
    [
        None,
        "",
        "words/cat.flac",
        "s3://bucket/cat.jpg",
        "a.flac b.flac",
        "http://[bad",
        "https:///x",
        "http://h:x/",
    ],
)
def test_what_is_no_link_has_no_spelling(link: str | None) -> None:
    assert canonical(link) is None


@given(st.text(alphabet="aA/.%2fF?#&=:é ~", max_size=20))
def test_a_canonical_link_is_its_own_spelling(rest: str) -> None:
    once = canonical("https://example.org/" + rest)
    assert once is None or canonical(once) == once
