"""From a manifest's rows to items: column names mapped, rows filtered, captions checked."""

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from stages.core.errors import BadDataError
from stages.core.records import Segment
from stages.core.safety import BadItemError
from stages.ingest.items import Item, Row, item_key
from stages.ingest.params import ITEM_FIELDS, Source
from stages.ingest.sources.manifests import BadRow, Manifest, open_manifest

_SEGMENTS = TypeAdapter(tuple[Segment, ...])
_TAG_SEPARATORS = (";", ",")  # of a column that holds tags as one text, the first one found decides


def read_items(source: Source, path: Path, longest_text: int) -> Iterator[Item]:
    """The items of a source, in the order of its manifest.

    Args:
        source: the source's params.
        path: its manifest on this machine.
        longest_text: characters beyond which a caption is set aside.

    Raises:
        BadDataError: the manifest is unreadable or lacks a column; it is named with those that exist.
    """
    with open_manifest(path) as manifest:
        columns = _map_columns(source, manifest)
        for number, row in enumerate(manifest.rows):
            key = item_key(source.name, number)
            if isinstance(row, BadRow):
                yield Item(key=key, source=source.name, problem=row.reason)
            elif _is_wanted(source, row):
                yield _item(source, key, row, columns, longest_text)


def normal_group(text: str) -> str:
    """A caption as the name of its group: spelling variants of case, width and spacing are one."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _map_columns(source: Source, manifest: Manifest) -> dict[str, str]:
    """Our field -> the manifest's column.

    Raises:
        BadDataError: a column that is named in params.yaml, or the text or the link, does not exist.
    """
    columns = {field: field for field in ITEM_FIELDS if field in manifest.columns} | source.columns
    wanted = {**source.columns, **{f"where.{name}": name for name in source.where}}
    if "text" not in columns:
        wanted["text"] = "text"
    if "file" not in columns and "url" not in columns:
        wanted["file"] = "file"
    for field, column in wanted.items():
        if column not in manifest.columns:
            raise BadDataError(
                f"{manifest.path}: source '{source.name}' needs column '{column}' (for {field}), but there "
                f"are only: {', '.join(manifest.columns) or 'none'}; map it in params.yaml under columns"
            )
    return columns


def _is_wanted(source: Source, row: Row) -> bool:
    for column, wanted in source.where.items():
        choices = wanted if isinstance(wanted, tuple) else (wanted,)
        if str(row.get(column)) not in {str(choice) for choice in choices}:
            return False
    return True


def _item(source: Source, key: str, row: Row, columns: dict[str, str], longest_text: int) -> Item:
    values = {field: row.get(column) for field, column in columns.items()}
    try:
        text = _caption(values, longest_text)
        return Item(
            key=key,
            source=source.name,
            link=_either(_text(values, "file"), _text(values, "url"), "no_link"),
            text=text,
            language=_text(values, "language") or source.language or "und",
            translation=_text(values, "translation") or None,
            speaker=_text(values, "speaker") or None,
            group=normal_group(_text(values, "group") or text),
            tags=_tags(values.get("tags")),
            split=source.split,
            licence=_either(_text(values, "licence"), source.licence, "no_licence"),
            segments=_segments(values.get("segments")),
        )
    except BadItemError as error:
        return Item(key=key, source=source.name, problem=error.reason)


def _caption(values: Row, longest: int) -> str:
    text = _text(values, "text")
    if not text:
        raise BadItemError("empty_text")
    if len(text) > longest:
        raise BadItemError("long_text")
    return text


def _either(first: str, second: str | None, reason: str) -> str:
    if not first and not second:
        raise BadItemError(reason)
    return first or second or ""


def _text(values: Row, field: str) -> str:
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


def _tags(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        separator = next((one for one in _TAG_SEPARATORS if one in value), ",")
        value = value.split(separator)
    if not isinstance(value, list | None):
        raise BadItemError("bad_tags")
    return tuple(tag for tag in (_clean(str(one)) for one in value or []) if tag)


def _segments(value: Any) -> tuple[Segment, ...]:
    """Timings as a list of {start, end, text}, or the same as JSON text; in order and not backwards."""
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
