"""Single values of a row, checked: what comes from a manifest is data of strangers."""

import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from stages.core.records import Segment
from stages.core.safety import BadItemError
from stages.ingest.items import Row

_SEGMENTS = TypeAdapter(tuple[Segment, ...])
_TAG_SEPARATORS = (";", ",")  # of a column that holds tags as one text, the first one found decides
_SPLIT = re.compile(r"[a-z0-9_]{1,64}")


def normal_group(text: str) -> str:
    """A caption as the name of its group: spelling variants of case, width and spacing are one."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def caption(values: Row, segments: Sequence[Segment], longest: int) -> str:
    """The text, or the texts of the segments; a long recording's may be long as a whole.

    Raises:
        BadItemError: it is empty, or longer than `longest` characters.
    """
    text = text_of(values, "text") or " ".join(segment.text.strip() for segment in segments)
    if not text:
        raise BadItemError("empty_text")
    if max(map(len, [segment.text for segment in segments] or [text])) > longest:
        raise BadItemError("long_text")
    return text


def either(first: str, second: str | None, reason: str) -> str:
    """The first that is not empty.

    Raises:
        BadItemError: both are, for the given reason.
    """
    if not first and not second:
        raise BadItemError(reason)
    return first or second or ""


def split_name(values: Row) -> str | None:
    """The split that a row names for itself.

    Raises:
        BadItemError: it is no name.
    """
    split = text_of(values, "split")
    if split and not _SPLIT.fullmatch(split):
        raise BadItemError("bad_split")
    return split or None


def text_of(values: Row, field: str) -> str:
    """A value as text without spaces around it; "" if there is none.

    Raises:
        BadItemError: it is no text, or holds bytes that are not UTF-8.
    """
    value = values.get(field)
    if value is None:
        return ""
    if not isinstance(value, str | int | float):
        raise BadItemError(f"bad_{field}")
    return _clean(str(value))


def _clean(text: str) -> str:
    if any("\ud800" <= letter <= "\udfff" for letter in text) or "\0" in text:
        raise BadItemError("not_utf8")
    return text.strip()


def tags_of(value: Any) -> tuple[str, ...]:
    """Tags as a list, or as one text in which semicolons or commas stand between them.

    Raises:
        BadItemError: they are neither.
    """
    if isinstance(value, str):
        separator = next((one for one in _TAG_SEPARATORS if one in value), ",")
        value = value.split(separator)
    if not isinstance(value, list | None):
        raise BadItemError("bad_tags")
    return tuple(tag for tag in (_clean(str(one)) for one in value or []) if tag)


def segments_of(value: Any) -> tuple[Segment, ...]:
    """Timings as a list of {start, end, text}, or the same as JSON text.

    Raises:
        BadItemError: they are something else, out of order, or end before they start.
    """
    if value is None or value == "":
        return ()
    try:
        segments = _SEGMENTS.validate_python(json.loads(value) if isinstance(value, str) else value)
    except (ValidationError, ValueError, RecursionError) as error:
        raise BadItemError("bad_segments") from error
    starts = [segment.start for segment in segments]
    if starts != sorted(starts) or any(segment.end < segment.start for segment in segments):
        raise BadItemError("bad_segments")
    return segments
