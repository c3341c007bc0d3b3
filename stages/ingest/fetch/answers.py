"""What the status of an answer means: take it, follow it, try again, or leave it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from stages.core.safety import BadItemError, ErrorKind

BUSY = frozenset({429, 503})  # the host as a whole wants to be left alone for a while
REDIRECTS = frozenset({301, 302, 303, 307, 308})

_REFUSED = frozenset({401, 403, 407, 451})
_TRANSIENT = frozenset(
    {408, 416, 421, 425, 429, 500, 502, 503, 504}
)  # 416: the rest of a file that has changed
_LONGEST_NUMBER = 9  # digits; 30 years of seconds


def header_map(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by names in lower case; those that come more than once are joined by commas (RFC 9110, 5.3)."""
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("ascii", "replace").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def status_error(status: int, headers: Mapping[str, str]) -> BadItemError:
    """Why an answer that is neither a body nor a redirect is of no use, and what it asks for."""
    kind: ErrorKind = "permanent"
    if status in _TRANSIENT:
        kind = "transient"
    elif status in _REFUSED:
        kind = "refused"
    wait = retry_after(headers.get("retry-after", "")) if kind == "transient" else 0.0
    return BadItemError(f"http_{status}", f"the server answered {status}", kind, wait)


def retry_after(text: str) -> float:
    """The seconds that a `Retry-After` asks for, given as a number or as a date; 0 if it is neither."""
    if text.isascii() and text.isdigit():
        return float(text[:_LONGEST_NUMBER])
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
