"""Hostile paths, addresses and sizes are refused; ordinary ones pass."""

import ipaddress
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.safety import BadItemError, below, check_address, read_bounded


@pytest.mark.parametrize("link", ["a.png", "sub/a.png", "sub/../a.png", "./a.png"])
def test_a_path_below_its_base_is_found(tmp_path: Path, link: str) -> None:
    (tmp_path / "sub").mkdir()
    assert below(tmp_path, link).is_relative_to(tmp_path.resolve())


@pytest.mark.parametrize("link", ["../secret", "sub/../../secret", "/etc/passwd", "a/../../../../etc/passwd"])
def test_a_path_out_of_its_base_is_refused(tmp_path: Path, link: str) -> None:
    with pytest.raises(BadItemError, match="outside_root") as caught:
        below(tmp_path, link)
    assert caught.value.kind == "refused"


@pytest.mark.parametrize("link", ["", "a\0b", "x" * 5000])
def test_what_is_no_path_is_set_aside(tmp_path: Path, link: str) -> None:
    with pytest.raises(BadItemError, match=r"bad_link|not_found|unreadable"):
        read_bounded(below(tmp_path, link), 10)


def test_a_symbolic_link_does_not_lead_out(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "secret").write_text("x")
    (tmp_path / "base" / "door").symlink_to(tmp_path / "secret")
    with pytest.raises(BadItemError, match="outside_root"):
        below(tmp_path / "base", "door")


def test_an_absolute_path_needs_permission(tmp_path: Path) -> None:
    assert below(tmp_path, "/somewhere/else", allow_absolute=True) == Path("/somewhere/else")


@given(st.lists(st.sampled_from(["..", ".", "a", "b", "//", "~"]), max_size=8).map("/".join))
def test_no_path_ever_leaves_its_base(link: str) -> None:
    base = Path("/srv/base")
    try:
        found = below(base, link)
    except BadItemError:
        return
    assert found.is_relative_to(base)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1",
        "::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    with pytest.raises(BadItemError, match="private_address") as caught:
        check_address(address)
    assert caught.value.kind == "refused"


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_public_addresses_pass(address: str) -> None:
    check_address(address)


def test_a_private_network_is_opened_on_purpose_and_no_other() -> None:
    allowed = [ipaddress.ip_network("10.0.0.0/8")]
    check_address("10.9.8.7", allowed)
    with pytest.raises(BadItemError):
        check_address("192.168.0.1", allowed)


def test_reading_is_bounded(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    assert read_bounded(file, 5) == b"12345"
    with pytest.raises(BadItemError, match="too_large"):
        read_bounded(file, 4)
    file.write_bytes(b"")
    with pytest.raises(BadItemError, match="empty_file"):
        read_bounded(file, 4)
    with pytest.raises(BadItemError, match="not_found"):
        read_bounded(tmp_path / "none", 4)


def test_what_is_no_plain_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(BadItemError, match="not_a_file"):
            read_bounded(path, 10)
    with pytest.raises(BadItemError, match=r"unreadable_file|not_a_file"):
        read_bounded(tmp_path, 10)


def test_an_error_explains_itself() -> None:
    assert str(BadItemError("truncated")) == "truncated"
    assert str(BadItemError("too_long", "more than 3 s")) == "too_long: more than 3 s"
