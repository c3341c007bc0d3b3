"""Guards against hostile input: paths, network addresses, sizes, and the error for one bad item among many.

What comes from the web is data, never a path to follow, an address to trust or a size to believe.
"""

import ipaddress
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

ErrorKind = Literal["permanent", "transient", "refused"]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_TAIL_IS_IPV4 = (  # the last 32 bits are an IPv4 address
    ipaddress.IPv6Network("64:ff9b::/96"),  # NAT64, RFC 6052
    ipaddress.IPv6Network("::ffff:0:0:0/96"),  # translated, RFC 2765
    ipaddress.IPv6Network("::/96"),  # IPv4-compatible, RFC 4291; withdrawn, yet some systems still take it
)
_NOT_PUBLIC: tuple[Network, ...] = tuple(  # what some releases of Python call global although IANA does not
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocol assignments; a metadata service of Oracle's is at 192.0.0.192
        "64:ff9b:1::/48",  # NAT64 of one's own network, RFC 8215
        "100::/64",  # to be discarded, RFC 6666
        "3fff::/20",  # documentation, RFC 9637
        "5f00::/16",  # segment routing inside a network, RFC 9602
        "fec0::/10",  # site-local, RFC 3879
    )
)


class BadItemError(Exception):
    """One item among many that is set aside and counted; it never ends a run.

    Attributes:
        reason: a short stable word such as `truncated`, by which reports count.
        detail: one sentence for a person who looks into it.
        kind: permanent (a retry is useless), transient (it may pass), or refused (by us or by the server).
        tries: how often it was tried before it was given up; 0 if it was not tried at all.
        wait: seconds before which another try is of no use, where that is known.
    """

    def __init__(
        self, reason: str, detail: str = "", kind: ErrorKind = "permanent", wait: float = 0.0
    ) -> None:
        super().__init__(reason, detail, kind, wait)
        self.reason, self.detail, self.kind, self.wait, self.tries = reason, detail, kind, wait, 0

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


def below(base: Path, link: str, *, allow_absolute: bool = False) -> Path:
    """The file that a link names, if it lies below `base` once symbolic links are followed.

    Args:
        base: the folder that may not be left.
        link: a path from a manifest, relative to `base`.
        allow_absolute: whether an absolute path may name any file of this machine.

    Raises:
        BadItemError: the link is no path, or leads out of `base` (refused).
    """
    if not link or "\0" in link:
        raise BadItemError("bad_link", f"{link!r} is no path")
    absolute = Path(link).is_absolute()
    if absolute and allow_absolute:
        return Path(link)
    try:
        path = (base / link).resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symbolic links
        raise BadItemError("bad_link", f"{link!r}: {error}") from error
    if absolute or not path.is_relative_to(base.resolve()):
        raise BadItemError("outside_root", f"{link!r} leads out of {base}", "refused")
    return path


def read_bounded(path: Path, limit: int) -> bytes:
    """Read a plain file of at most `limit` bytes; devices, pipes and folders are refused.

    Raises:
        BadItemError: it is missing, unreadable, no plain file, empty or too large.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BadItemError("not_a_file", str(path), "refused")
            content = file.read(limit + 1)
    except FileNotFoundError as error:
        raise BadItemError("not_found", str(path)) from error
    except OSError as error:
        raise BadItemError("unreadable_file", str(error)) from error
    check_size(len(content), limit)
    return content


def check_size(size: int, limit: int) -> None:
    """Refuse nothing at all and more than the bound.

    Raises:
        BadItemError: `size` is 0 or above `limit` bytes.
    """
    if size == 0:
        raise BadItemError("empty_file", "no bytes")
    if size > limit:
        raise BadItemError("too_large", f"more than {limit} bytes")


def check_address(address: str, allowed: Sequence[Network] = ()) -> None:
    """Refuse addresses inside this machine, this network or a cloud's metadata service.

    An IPv6 address that carries an IPv4 address (mapped, compatible, 6to4, Teredo, NAT64) is judged by both.

    Args:
        address: the numeric address that a host name was resolved to.
        allowed: private networks that the user has opened on purpose.

    Raises:
        BadItemError: the address is not public and in none of the allowed networks (refused).
    """
    outer = ipaddress.ip_address(address.partition("%")[0])
    for one in (outer, *_embedded(outer)):
        if any(one in network for network in allowed):
            continue
        if not one.is_global or one.is_multicast or any(one in network for network in _NOT_PUBLIC):
            raise BadItemError("private_address", f"{address} is not a public address", "refused")


def _embedded(address: Address) -> list[Address]:
    """The IPv4 addresses that an IPv6 address stands for."""
    if isinstance(address, ipaddress.IPv4Address) or address.is_loopback:
        return []
    found: list[Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _TAIL_IS_IPV4):
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]
