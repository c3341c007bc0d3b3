"""JSON: an object per line, or one document that is read as a stream."""

import itertools
import json
from collections.abc import Iterator

from stages.ingest.items import Row
from stages.ingest.sources.coco import read_coco
from stages.ingest.sources.documents import objects
from stages.ingest.sources.streams import Reading
from stages.ingest.sources.table import BadRow, Table

_PEEK = 64  # rows that together tell which columns there are
_BEGINNING = 1024  # bytes in which a document has begun


def read_jsonl(reading: Reading) -> Table:
    """An object per line."""
    return with_columns(_parse(line) for line in reading.lines() if line.strip())


def read_json(reading: Reading) -> Table:
    """A list of objects, or an object in the form of COCO's captions."""
    if reading.again().content().read(_BEGINNING).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        values = (value for _, value in objects(reading, "item"))
        return with_columns(value if isinstance(value, dict) else BadRow("bad_line") for value in values)
    return read_coco(reading)


def with_columns(rows: Iterator[Row | BadRow]) -> Table:
    """Rows with the columns that the first of them have."""
    first = list(itertools.islice(rows, _PEEK))
    columns = dict.fromkeys(name for row in first if not isinstance(row, BadRow) for name in row)
    return Table(tuple(columns), itertools.chain(first, rows))


def _parse(line: str) -> Row | BadRow:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return BadRow("bad_line")
    return row if isinstance(row, dict) else BadRow("bad_line")
