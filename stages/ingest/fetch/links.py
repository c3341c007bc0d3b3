"""Links of manifests and redirects, taken apart strictly: what two parsers read differently is a way in.

A link that holds control characters, a name and password, or no plain host is set aside before anything is
looked up. What a browser would escape is escaped.
"""

import ipaddress
import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from stages.core.safety import BadItemError

_PORTS = {"http": 80, "https": 443}
_OTHER_PROTOCOLS = frozenset(  # the ports that browsers refuse, too: WHATWG Fetch, section 2.9
    {
        1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
        103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
        512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
        995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
        6669, 6679, 6697, 10080,
    }
)  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\Z")
_LONGEST_HOST = 253  # characters, RFC 1035
_AS_IT_IS = "/:@!$&'()*+,;=~%[]?"  # besides letters, digits and "-._"


@dataclass(frozen=True)
class Link:
    """An http or https URL whose parts can go into a request as they are.

    Attributes:
        text: as it was found; relative redirects are joined to it.
        scheme: http or https.
        host: ASCII in lower case, without a final dot; an IPv6 address has no brackets.
        port: 1 to 65,535.
        target: path and query, escaped.
    """

    text: str
    scheme: str
    host: str
    port: int
    target: str

    @cached_property
    def authority(self) -> str:
        """Host and, if it is not the scheme's own, port: the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The link in the form in which it is asked for."""
        return f"{self.scheme}://{self.authority}{self.target}"

    def join(self, location: str) -> "Link":
        """The link that a redirect from here leads to.

        Raises:
            BadItemError: it is no link, or leads to another scheme.
        """
        try:
            return parse(urljoin(self.text, location))
        except ValueError as error:
            raise BadItemError("bad_link", f"{location!r}: {error}") from error


def parse(text: str) -> Link:
    """Take a link apart.

    Raises:
        BadItemError: it is no link (permanent), or not for http(s), or holds a name and password (refused).
    """
    if _CONTROL.search(text):
        raise BadItemError("bad_link", f"{text!r} has control characters")
    try:
        parts = urlsplit(text)
        port = parts.port
        scheme = parts.scheme
        if scheme not in _PORTS:
            raise BadItemError("bad_scheme", f"{scheme!r} is neither http nor https", "refused")
        if "@" in parts.netloc:
            raise BadItemError("credentials_in_link", "a name and password in front of the host", "refused")
        target = _target(parts)
    except ValueError as error:  # UnicodeError, which bytes that were no text lead to, is one
        raise BadItemError("bad_link", f"{text!r}: {error}") from error
    if port == 0:
        raise BadItemError("bad_link", f"{text!r}: no port is 0")
    if port in _OTHER_PROTOCOLS:
        raise BadItemError("bad_port", f"port {port} is not for http", "refused")
    return Link(text, scheme, _host(parts.hostname or ""), port or _PORTS[scheme], target)


def _target(parts: SplitResult) -> str:
    path = quote(parts.path, _AS_IT_IS.replace("?", "")) or "/"
    return f"{path}?{quote(parts.query, _AS_IT_IS)}" if parts.query else path


def _host(name: str) -> str:
    """The name as it is looked up and sent: IDNA for what is not ASCII (UTS 46, as browsers do)."""
    if ":" in name:
        try:
            return str(ipaddress.IPv6Address(name.partition("%")[0] if "%" not in name else ""))
        except ValueError as error:
            raise BadItemError("bad_link", f"{name!r} is no address") from error
    if not name.isascii() and len(name) <= _LONGEST_HOST:
        name = _ascii(name)
    name = name.removesuffix(".")
    if len(name) > _LONGEST_HOST or not _HOST.match(name):
        raise BadItemError("bad_link", f"{name!r} is no host name")
    return name


def _ascii(name: str) -> str:
    import idna  # noqa: PLC0415 - its tables are large, and few hosts need them

    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise BadItemError("bad_link", f"{name!r}: {error}") from error
