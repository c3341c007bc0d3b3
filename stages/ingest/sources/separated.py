"""Tables with a line per row: csv, tsv, and lists of links."""

import csv
from collections.abc import Iterator, Sequence
from typing import Literal

from stages.core.errors import BadDataError
from stages.ingest.items import Row
from stages.ingest.sources.streams import LONGEST_LINE, OVERLONG, Reading
from stages.ingest.sources.table import BadRow, Table

Quoting = Literal[0, 3]  # csv.QUOTE_MINIMAL, csv.QUOTE_NONE


def read_csv(reading: Reading) -> Table:
    """Values between commas, in quotes where they hold commas or line breaks."""
    return read_separated(reading, ",", csv.QUOTE_MINIMAL)


def read_tsv(reading: Reading) -> Table:
    """Values between tabs. Quotes are part of the text, as in Common Voice and Conceptual Captions."""
    return read_separated(reading, "\t", csv.QUOTE_NONE)


def read_txt(reading: Reading) -> Table:
    """One link a line, in the column `url`.

    There are no captions, and a link without one is no pair: who asks for the column `text` learns that it is
    missing.
    """
    lines = (line.strip() for line in reading.lines())
    return Table(
        ("url",),
        ({"url": line} if line != OVERLONG.strip() else BadRow("bad_line") for line in lines if line),
    )


def read_separated(
    reading: Reading, delimiter: str, quoting: Quoting, columns: Sequence[str] | None = None
) -> Table:
    """A table whose values a character separates.

    Args:
        reading: the manifest.
        delimiter: between two values.
        quoting: whether quotes protect delimiters, or are part of the text.
        columns: their names, or None if the first line has them.

    Raises:
        BadDataError: the file is empty, or its quotes do not match.
    """
    csv.field_size_limit(LONGEST_LINE)
    rows = csv.reader(reading.lines(), delimiter=delimiter, quoting=quoting, strict=True)
    head = tuple(columns or next(rows, ()))
    if not head:
        raise BadDataError(f"{reading.path}: empty; the first line must name the columns")
    return Table(head, _rows(reading, head, rows))


def _rows(reading: Reading, columns: tuple[str, ...], rows: Iterator[list[str]]) -> Iterator[Row | BadRow]:
    while True:
        try:
            values = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadDataError(
                f"{reading.path}: {error}; check its quotes, or use tsv, which has none"
            ) from error
        if not values:
            continue
        fits = len(values) == len(columns)
        yield dict(zip(columns, values, strict=True)) if fits else BadRow("bad_line")
