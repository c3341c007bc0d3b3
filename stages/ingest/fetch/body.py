"""A body as it grows, over several tries if need be: when one breaks off, the next may go on where it ended.

It may if the server takes ranges and named the version by a strong validator (RFC 9110, sections 8.8 and
13.1.5): an ETag that is not weak, or a Last-Modified of at least a second before its Date. `If-Range` then
makes the server send the whole body if it changed in between; a part that does not fit is never glued on.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from stages.core.safety import BadItemError, check_size

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})\Z")


def hold_anything(_size: int) -> None:
    """Room without bounds, for a single link."""


@dataclass
class Body:
    """What the tries of one link have read so far, and what they may read.

    Attributes:
        limit: bytes; a larger body is refused.
        hold: asks for room for so many bytes, and returns when there is.
        cut: take the first `limit` bytes of a larger body instead.
        parts: of the body, from its start.
        size: bytes in them.
        total: bytes of the whole body, 0 if unknown.
        version: headers of the answer that the parts belong to; none if it takes no ranges.
    """

    limit: int
    hold: Callable[[int], None] = hold_anything
    cut: bool = False
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    total: int = 0
    version: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The bytes that were read."""
        return b"".join(self.parts)

    def add(self, part: bytes) -> bool:
        """Append what came, and say whether to go on.

        Raises:
            BadItemError: it is too large.
        """
        self.parts.append(part)
        self.size += len(part)
        if self.cut:
            return self.size < self.limit
        check_size(self.size, self.limit)
        return True

    def finish(self) -> None:
        """Check that nothing is missing.

        Raises:
            BadItemError: it is empty, or of another length than was announced (transient).
        """
        check_size(self.size, self.size)
        if not self.cut and self.total not in (0, self.size):
            self.clear()
            raise BadItemError("wrong_range", "the rest has another length than announced", "transient")

    def wish(self) -> dict[str, str]:
        """The headers that ask for the rest; none if the body has to start again."""
        validator = strong_validator(self.version) if self.size else ""
        return {"Range": f"bytes={self.size}-", "If-Range": validator} if validator else {}

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Go on with what is there (206), or start anew (200).

        Raises:
            BadItemError: it is announced as too large, or the part is not the one that was asked for; then
                the next try starts anew (transient).
        """
        if status == 206 and self.size:
            found = _CONTENT_RANGE.match(headers.get("content-range", ""))
            start, end, total = (int(number) for number in found.groups()) if found else (0, 0, 0)
            if start != self.size or end != total - 1 or self.total not in (0, total):
                self.clear()
                raise BadItemError("wrong_range", "another part than was asked for", "transient")
            return
        self.clear()
        length = headers.get("content-length", "")
        self.total = int(length) if length.isdecimal() else 0
        if self.total > self.limit and not self.cut:
            check_size(self.total, self.limit)
        if headers.get("accept-ranges", "").lower() == "bytes":
            self.version = headers

    def clear(self) -> None:
        """Forget everything."""
        self.parts, self.size, self.total, self.version = [], 0, 0, {}


def strong_validator(headers: Mapping[str, str]) -> str:
    """What names the version of an answer for sure, or ""."""
    tag = headers.get("etag", "")
    if tag:
        return tag if tag.startswith('"') else ""
    modified = headers.get("last-modified", "")
    try:
        age = parsedate_to_datetime(headers["date"]) - parsedate_to_datetime(modified)
    except (KeyError, ValueError, TypeError):
        return ""
    return modified if age.total_seconds() >= 1 else ""
