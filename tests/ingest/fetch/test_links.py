"""Links are taken apart strictly, and what is sent is only what a link may hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.safety import BadItemError
from stages.ingest.fetch.links import parse


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://a.org", "http://a.org/"),
        ("HTTPS://A.org:443/B?c=d#e", "https://a.org/B?c=d"),
        ("http://a.org:8080/x", "http://a.org:8080/x"),
        ("http://a.org./x", "http://a.org/x"),
        ("http://a.org/a b/é.png?q=ü&r=1", "http://a.org/a%20b/%C3%A9.png?q=%C3%BC&r=1"),
        ("http://a.org/100%25/%c3", "http://a.org/100%25/%c3"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://例え.テスト/", "http://xn--r8jz45g.xn--zckzah/"),
        ("http://[2001:DB8::1]:80/x", "http://[2001:db8::1]/x"),
        ("http://a_b.example/x", "http://a_b.example/x"),
    ],
)
def test_a_link_is_brought_into_the_form_that_is_sent(text: str, url: str) -> None:
    assert parse(text).url == url


@pytest.mark.parametrize(
    ("text", "reason", "kind"),
    [
        ("http://a.org/x\r\nX-Evil: 1", "bad_link", "permanent"),
        ("http://a.org/x\ty", "bad_link", "permanent"),
        ("http://a.org\0.evil/", "bad_link", "permanent"),
        ("http://good.org@127.0.0.1/", "credentials_in_link", "refused"),
        ("http://user:word@a.org/", "credentials_in_link", "refused"),
        ("http://good.org\\@127.0.0.1/", "credentials_in_link", "refused"),
        ("http://127.0.0.1\\.good.org/", "bad_link", "permanent"),
        ("http://%31%32%37.0.0.1/", "bad_link", "permanent"),
        ("http://a b/", "bad_link", "permanent"),
        ("http://", "bad_link", "permanent"),
        ("http:///x", "bad_link", "permanent"),
        ("http://[::1", "bad_link", "permanent"),
        ("http://[fe80::1%25eth0]/", "bad_link", "permanent"),
        ("http://a.org:0/", "bad_link", "permanent"),
        ("http://a.org:25/", "bad_port", "refused"),
        ("http://a.org:6667/", "bad_port", "refused"),
        ("http://a.org:65536/", "bad_link", "permanent"),
        ("http://a.org:-1/", "bad_link", "permanent"),
        ("http://.a.org/", "bad_link", "permanent"),
        ("http://a..org/", "bad_link", "permanent"),
        (f"http://{'a.' * 200}org/", "bad_link", "permanent"),
        (f"http://{'ü' * 100_000}.org/", "bad_link", "permanent"),
        ("http://a.org/\udcff", "bad_link", "permanent"),
        ("ftp://a.org/", "bad_scheme", "refused"),
        ("javascript:alert(1)", "bad_scheme", "refused"),
        ("//a.org/x", "bad_scheme", "refused"),
    ],
)
def test_what_is_no_plain_link_is_set_aside(text: str, reason: str, kind: str) -> None:
    with pytest.raises(BadItemError) as caught:
        parse(text)
    assert (caught.value.reason, caught.value.kind) == (reason, kind)


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("b", "http://a.org/x/b"),
        ("/b", "http://a.org/b"),
        ("//b.org/c", "http://b.org/c"),
        ("?q", "http://a.org/x/y?q"),
        ("https://b.org", "https://b.org/"),
    ],
)
def test_redirects_are_joined(location: str, url: str) -> None:
    assert parse("http://a.org/x/y").join(location).url == url


@given(st.text(max_size=40), st.text(max_size=40))
def test_nothing_that_is_sent_can_end_a_line(host: str, path: str) -> None:
    try:
        link = parse(f"http://{host}/{path}")
    except BadItemError:
        return
    for part in (link.authority, link.target):
        assert part.isascii()
        assert all(0x20 < ord(character) < 0x7F for character in part)
    assert parse(link.url).url == link.url
