"""What every format of manifest comes to: columns, and rows in order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from stages.ingest.items import Row


@dataclass(frozen=True)
class BadRow:
    """A line that is no row; `reason` is a short stable word."""

    reason: str


class Cell(NamedTuple):
    """Where the bytes of an item lie when the manifest itself holds them: they are read by who needs them."""

    column: str
    row: int  # of the file, from 0


@dataclass(frozen=True)
class Table:
    """The columns of a manifest, and its rows.

    Attributes:
        columns: their names.
        rows: in the order of the file; they can be gone through once.
        embedded: the columns whose values are files, given as `Cell`.
        total: how many rows there are, if the format tells before they are read.
    """

    columns: tuple[str, ...]
    rows: Iterator[Row | BadRow]
    embedded: frozenset[str] = field(default=frozenset())
    total: int | None = None
