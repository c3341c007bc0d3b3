"""Manifests as streams of rows, whatever their format: each reader gives the same `Table`.

A manifest may have hundreds of millions of lines, so that nothing here holds more than a few of them. A line
that cannot be parsed is a row of its own (`BadRow`), since one bad line must not end a run.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

from stages.core.errors import BadDataError
from stages.ingest.sources.columnar import read_parquet
from stages.ingest.sources.jsons import read_json, read_jsonl
from stages.ingest.sources.separated import read_csv, read_tsv, read_txt
from stages.ingest.sources.streams import COMPRESSIONS, Reading
from stages.ingest.sources.table import Table

Reader = Callable[[Reading], Table]

_TEXT_FORMATS: dict[str, Reader] = {
    ".jsonl": read_jsonl,
    ".json": read_json,
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".txt": read_txt,
}
FORMATS = (*_TEXT_FORMATS, ".parquet")


@contextlib.contextmanager
def open_manifest(path: Path, reader: Reader | None = None) -> Iterator[tuple[Table, Reading]]:
    """Open a manifest; its rows can be read inside the block.

    Args:
        path: the file.
        reader: of the corpus's layout; by default the file's extension decides.

    Returns:
        The table, and the file under way.

    Raises:
        BadDataError: it is missing, of an unknown format, empty of columns or damaged as a whole. Damage
            further down is raised while the rows are read.
    """
    chosen = reader or _by_extension(path)
    with contextlib.ExitStack() as files:
        reading = Reading(path, files)
        yield chosen(reading), reading


def is_manifest(name: str) -> bool:
    """Whether a file's extension is that of a format."""
    extension, compression = _extensions(name)
    return extension in FORMATS and not (compression and extension == ".parquet")


def _by_extension(path: Path) -> Reader:
    if not is_manifest(path.name):
        raise BadDataError(
            f"{path}: unknown manifest format; there are {', '.join(FORMATS)}, "
            f"text formats also with {', '.join(COMPRESSIONS)}"
        )
    return {**_TEXT_FORMATS, ".parquet": read_parquet}[_extensions(path.name)[0]]


def _extensions(name: str) -> tuple[str, str]:
    """The extension of the format, and that of the compression or ""."""
    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes]
    compression = suffixes.pop() if suffixes and suffixes[-1] in COMPRESSIONS else ""
    return (suffixes[-1] if suffixes else ""), compression
