"""Manifests as streams of rows: jsonl, csv, tsv and parquet, the text formats also gzipped.

A manifest may have hundreds of millions of lines, so that nothing here holds more than a few of them. A line
that cannot be parsed is a row of its own (`BadRow`), since one bad line must not end a run.
"""

import contextlib
import csv
import gzip
import io
import itertools
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, TextIO, cast

from stages.core.errors import BadDataError
from stages.ingest.items import Row

_LONGEST_LINE = 1 << 20  # characters; beyond, it is no line of a manifest
_PEEK = 64  # rows of jsonl that together tell which columns there are
_BATCH = 1024  # rows of parquet in memory


@dataclass(frozen=True)
class BadRow:
    """A line that is no row; `reason` is a short stable word."""

    reason: str


Table = tuple[list[str], Iterator[Row | BadRow]]  # columns and rows


@dataclass(frozen=True)
class Manifest:
    """The columns of a manifest, and its rows in order."""

    path: Path
    columns: tuple[str, ...]
    rows: Iterator[Row | BadRow]


@contextlib.contextmanager
def open_manifest(path: Path) -> Iterator[Manifest]:
    """Open a manifest by its extension; its rows can be read inside the block.

    Raises:
        BadDataError: it is missing, of an unknown format, empty of columns or damaged as a whole. Damage
            further down is raised while the rows are read.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    zipped = suffixes[-1:] == [".gz"]
    extension = (suffixes[:-1] if zipped else suffixes)[-1:]
    reader = _READERS.get(extension[0] if extension else "")
    if reader is None or (zipped and reader is _read_parquet):
        raise BadDataError(
            f"{path}: unknown manifest format; there are {', '.join(_READERS)}, text formats also with .gz"
        )
    with contextlib.ExitStack() as files:
        columns, rows = reader(path, files)
        yield Manifest(path, tuple(columns), rows)


def _lines(path: Path, files: contextlib.ExitStack) -> Iterator[str]:
    """UTF-8 in which bad bytes survive as surrogates, so that only their line is set aside."""
    try:
        raw = gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")  # noqa: SIM115 - see below
    except OSError as error:
        raise BadDataError(f"{path}: cannot be read ({error.strerror}); check the manifest's path") from error
    files.callback(raw.close)
    text = io.TextIOWrapper(cast("IO[bytes]", raw), "utf-8-sig", errors="surrogateescape", newline="")
    return _bounded_lines(path, files.enter_context(text))


def _bounded_lines(path: Path, file: TextIO) -> Iterator[str]:
    try:
        while line := file.readline(_LONGEST_LINE):
            if len(line) == _LONGEST_LINE and not line.endswith("\n"):
                raise BadDataError(f"{path}: a line of more than {_LONGEST_LINE} characters")
            yield line
    except (OSError, EOFError, zlib.error) as error:
        raise BadDataError(f"{path}: damaged ({error}); fetch the manifest again") from error


def _read_jsonl(path: Path, files: contextlib.ExitStack) -> Table:
    rows = (_parse_json(line) for line in _lines(path, files) if line.strip())
    first = list(itertools.islice(rows, _PEEK))
    columns = dict.fromkeys(name for row in first if not isinstance(row, BadRow) for name in row)
    return list(columns), itertools.chain(first, rows)


def _parse_json(line: str) -> Row | BadRow:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return BadRow("bad_line")
    return row if isinstance(row, dict) else BadRow("bad_line")


def _read_separated(path: Path, files: contextlib.ExitStack, delimiter: str, quoting: Literal[0, 3]) -> Table:
    csv.field_size_limit(_LONGEST_LINE)
    reader = csv.reader(_lines(path, files), delimiter=delimiter, quoting=quoting, strict=True)
    columns = next(reader, None)
    if not columns:
        raise BadDataError(f"{path}: empty; the first line must name the columns")
    return columns, _parse_separated(path, columns, reader)


def _parse_separated(path: Path, columns: list[str], reader: Iterator[list[str]]) -> Iterator[Row | BadRow]:
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadDataError(f"{path}: {error}; check its quotes, or use tsv, which has none") from error
        if not values:
            continue
        yield dict(zip(columns, values, strict=True)) if len(values) == len(columns) else BadRow("bad_line")


def _read_csv(path: Path, files: contextlib.ExitStack) -> Table:
    return _read_separated(path, files, ",", csv.QUOTE_MINIMAL)


def _read_tsv(path: Path, files: contextlib.ExitStack) -> Table:
    """Quotes are part of the text, as in Common Voice and Conceptual Captions."""
    return _read_separated(path, files, "\t", csv.QUOTE_NONE)


def _read_parquet(path: Path, files: contextlib.ExitStack) -> Table:
    import pyarrow as pa  # noqa: PLC0415 - loaded where it is used
    import pyarrow.parquet as pq  # noqa: PLC0415

    def rows() -> Iterator[Row | BadRow]:
        try:
            for batch in file.iter_batches(_BATCH):
                yield from batch.to_pylist()
        except (pa.ArrowException, OSError) as error:
            raise BadDataError(f"{path}: damaged ({error}); fetch the manifest again") from error

    try:
        file = files.enter_context(pq.ParquetFile(path))
    except (pa.ArrowException, OSError) as error:
        raise BadDataError(f"{path}: no readable parquet file ({error})") from error
    return list(file.schema_arrow.names), rows()


_READERS: dict[str, Callable[[Path, contextlib.ExitStack], Table]] = {
    ".jsonl": _read_jsonl,
    ".csv": _read_csv,
    ".tsv": _read_tsv,
    ".parquet": _read_parquet,
}
