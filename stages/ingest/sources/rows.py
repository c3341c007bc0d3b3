"""From a manifest's rows to items: column names mapped, rows filtered, captions checked."""

import itertools
from collections.abc import Iterator
from typing import Any

from stages.core.safety import BadItemError
from stages.ingest.items import Embedded, Item, Row, item_key
from stages.ingest.layouts import LAYOUTS
from stages.ingest.params import Source
from stages.ingest.sources.columns import map_columns
from stages.ingest.sources.fields import (
    caption,
    either,
    normal_group,
    segments_of,
    split_name,
    tags_of,
    text_of,
)
from stages.ingest.sources.links import join_link
from stages.ingest.sources.manifests import open_manifest
from stages.ingest.sources.parts import Located, Part
from stages.ingest.sources.table import BadRow, Cell, Table


def read_items(located: Located, longest_text: int) -> Iterator[Item]:
    """The items of a source, in the order of its manifests; their numbers go on from one to the next.

    Args:
        located: the source with its manifests on this machine.
        longest_text: characters beyond which a caption is set aside; of each segment, where there are some.

    Raises:
        BadDataError: a manifest is unreadable or lacks a column; it is named with those that exist.
    """
    numbers = itertools.count()
    for part in located.parts:
        yield from part_items(located, part, longest_text, numbers)


def part_items(located: Located, part: Part, longest_text: int, numbers: Iterator[int]) -> Iterator[Item]:
    """The items of one manifest, each line with the next of the numbers.

    Raises:
        BadDataError: as `read_items`.
    """
    layout = LAYOUTS.get(located.source.layout or "")
    with open_manifest(part.path, layout.read if layout else None) as (table, _):
        meaning = Meaning(located, part, table, longest_text)
        for row, number in zip(table.rows, numbers, strict=False):  # the numbers have no end
            item = meaning.item(item_key(located.source.name, number), row)
            if item is not None:
                yield item


class Meaning:
    """What the rows of one manifest mean.

    Args:
        located: the source.
        part: the manifest.
        table: the manifest as it is read.
        longest_text: characters of a caption.

    Raises:
        BadDataError: the manifest lacks a column.
    """

    def __init__(self, located: Located, part: Part, table: Table, longest_text: int) -> None:
        self._located, self._part, self._longest = located, part, longest_text
        self._source = located.source
        layout = LAYOUTS.get(self._source.layout or "")
        self._columns = map_columns(self._source, layout, part.path, table)
        self._licence = self._source.licence or (layout.licence if layout else None)
        self._language = self._source.language or (layout.language if layout else None) or "und"

    def item(self, key: str, row: Row | BadRow) -> Item | None:
        """The item that a row stands for, with its problem if it is unusable; None if it is not wanted."""
        if isinstance(row, BadRow):
            return Item(key=key, source=self._source.name, problem=row.reason)
        if not _is_wanted(self._source, row):
            return None
        try:
            return self._item(key, row)
        except BadItemError as error:
            return Item(key=key, source=self._source.name, problem=error.reason)

    def _item(self, key: str, row: Row) -> Item:
        values = {field: row.get(column) for field, column in self._columns.items()}
        segments = segments_of(values.get("segments"))
        text = caption(values, segments, self._longest)
        return Item(
            key=key,
            source=self._source.name,
            text=text,
            language=text_of(values, "language") or self._language,
            translation=text_of(values, "translation") or None,
            speaker=text_of(values, "speaker") or None,
            group=normal_group(text_of(values, "group") or text),
            tags=tags_of(values.get("tags")),
            split=self._source.split or split_name(values),
            licence=either(text_of(values, "licence"), self._licence, "no_licence"),
            segments=segments,
            **self._place(values),
        )

    def _place(self, values: Row) -> dict[str, Any]:
        """Where the item's bytes are."""
        cell = values.get("file")
        if isinstance(cell, Cell):
            place = Embedded(path=str(self._part.path), column=cell.column, row=cell.row)
            return {"embedded": place, "link": f"{self._part.link}#{cell.row}"}
        link = either(text_of(values, "file"), text_of(values, "url"), "no_link")
        return {"link": join_link(self._located.base, self._part.prefix, link)}


def _is_wanted(source: Source, row: Row) -> bool:
    for column, wanted in source.where.items():
        choices = wanted if isinstance(wanted, tuple) else (wanted,)
        if str(row.get(column)) not in {str(choice) for choice in choices}:
            return False
    return True
