"""The same link, in whatever spelling.

Only spellings that cannot mean another resource are made one: RFC 3986, section 6.2, and parameters that say
where a visitor came from. `http` and `https`, `www.`, the order of parameters and a final slash stay as they
are.
"""

import re
from typing import ClassVar
from urllib.parse import urlsplit

import pyarrow as pa

from stages.filter.duplicates.equal import WINDOW, Equal

_PORTS = {"http": 80, "https": 443}
_TRACKING = re.compile(
    r"(?:utm_[a-z_]+|fbclid|gclid|gclsrc|dclid|msclkid|yclid|twclid|igshid|mc_cid|mc_eid|_ga)=", re.IGNORECASE
)
_PLAIN = re.compile(r"https?://[a-z0-9.-]+/(?!\.)(?:[^?#%\s/]|/(?!\.))*")  # the form that `canonical` gives
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


class SameLink(Equal):
    """Section `url`: the same link. Windows of one recording are different samples."""

    columns: ClassVar[frozenset[str]] = frozenset({"text_hash"})
    inputs: ClassVar[frozenset[str]] = frozenset({"origin"})
    same: ClassVar[tuple[str, ...]] = ("link", WINDOW)

    def derive(self, rows: pa.Table) -> dict[str, pa.Array]:
        """The column `link`: the canonical form of the origin, null where that is no web address."""
        return {"link": pa.array([canonical(origin) for origin in rows["origin"].to_pylist()], pa.string())}


def canonical(link: str | None) -> str | None:
    """One spelling for all of one link; None for what is no single `http` or `https` link."""
    if link is None or _PLAIN.fullmatch(link):
        return link
    try:
        parts = urlsplit(link)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or " " in link:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    authority = host if port in (None, _PORTS[parts.scheme]) else f"{host}:{port}"
    path = _without_dots(_ESCAPE.sub(_unescape, parts.path)) or "/"
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _TRACKING.match(pair))
    return f"{parts.scheme}://{authority}{path}" + (f"?{_ESCAPE.sub(_unescape, query)}" if query else "")


def _unescape(match: re.Match[str]) -> str:
    """Decode what needs no escape, and write the others in capitals."""
    character = chr(int(match[1], 16))
    return character if _UNRESERVED.fullmatch(character) else match[0].upper()


def _without_dots(path: str) -> str:
    """Resolve `.` and `..` as a client does before it asks (RFC 3986, section 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    steps = path.split("/")[1:]
    for step in steps:
        if step == "..":
            kept = kept[:-1]
        elif step != ".":
            kept.append(step)
    return "/" + "/".join(kept) + ("/" if steps[-1] in (".", "..") and kept else "")
