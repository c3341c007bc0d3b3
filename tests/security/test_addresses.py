"""No link leads into this machine or this network, however it is written and whoever resolves it."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.safety import BadItemError, check_address

# IANA's special-purpose registries, what is not globally reachable in them, and multicast
CLOSED = [
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::1/128", "::/128", "100::/64", "2001:2::/48", "2001:db8::/32", "3fff::/20", "5f00::/16",
        "64:ff9b:1::/48", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
]  # fmt: skip
CLOSED_V4 = [network for network in CLOSED if network.version == 4]

closed_v4 = st.sampled_from(CLOSED_V4).flatmap(lambda network: st.ip_addresses(network=network))
any_v4 = st.ip_addresses(v=4)


def refused(address: str) -> bool:
    try:
        check_address(address)
    except BadItemError as error:
        return (error.reason, error.kind) == ("private_address", "refused")
    return False


def carriers(inner: ipaddress.IPv4Address) -> list[str]:
    """The IPv6 addresses that stand for an IPv4 address."""
    number = int(inner)
    heads = {
        "mapped": 0xFFFF << 32,
        "compatible": 0,
        "translated": 0xFFFF << 48,
        "nat64": 0x64FF9B << 96,
        "6to4": (0x2002 << 112) - number + (number << 80),
        "teredo client": (0x20010000 << 96) - number + (number ^ 0xFFFFFFFF),
        "teredo server": (0x20010000 << 96) - number + (number << 64),
    }
    return [str(ipaddress.IPv6Address(head + number)) for head in heads.values()]


@given(st.sampled_from(CLOSED).flatmap(lambda network: st.ip_addresses(network=network)))
def test_addresses_that_are_not_of_the_internet_are_refused(address: ipaddress.IPv4Address) -> None:
    assert refused(str(address))


@given(any_v4)
def test_the_addresses_of_the_internet_pass(address: ipaddress.IPv4Address) -> None:
    assert refused(str(address)) == any(address in network for network in CLOSED_V4)


@given(closed_v4)
def test_a_private_address_inside_another_is_found(inner: ipaddress.IPv4Address) -> None:
    assert all(refused(outer) for outer in carriers(inner))


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "::ffff:169.254.169.254"],
)
def test_the_metadata_services_of_clouds_are_refused(address: str) -> None:
    assert refused(address)


@given(closed_v4, st.integers(0, 32))
def test_an_open_network_opens_itself_only(inner: ipaddress.IPv4Address, bits: int) -> None:
    opened = ipaddress.ip_network((int(inner), bits), strict=False)
    check_address(str(inner), [opened])
    for network in CLOSED_V4:
        other = network.network_address + 1
        if other not in opened:
            with pytest.raises(BadItemError):
                check_address(str(other), [opened])
