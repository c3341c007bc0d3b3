"""Reading what the pipeline left on the disk.

A file that is not there is None: the report shows a hole. A file that is there and cannot be read is an error
that names it, since files appear under their names only when they are whole.
"""

import csv
import io
import json
from pathlib import Path
from typing import Any

from stages.core.errors import BadDataError

_LARGEST_JSON = 16 << 20  # bytes
_LARGEST_TEXT = 1 << 20  # bytes


def read_json(path: Path) -> Any:
    """The content of a JSON file, or None if there is no such file.

    Raises:
        BadDataError: it is no JSON, or too large to be one of ours.
    """
    text = read_text(path, _LARGEST_JSON)
    try:
        return None if text is None else json.loads(text)
    except ValueError as error:
        raise BadDataError(f"{path}: no JSON ({error}); run `dvc repro`") from error


def read_text(path: Path, largest: int = _LARGEST_TEXT) -> str | None:
    """The content of a UTF-8 file, or None if there is no such file.

    Raises:
        BadDataError: it is no UTF-8, or larger than `largest` bytes.
    """
    if not path.is_file():
        return None
    if path.stat().st_size > largest:
        raise BadDataError(f"{path}: larger than {largest} bytes; the report reads small files only")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadDataError(f"{path}: no UTF-8; run `dvc repro`") from error


def read_numbers(path: Path) -> dict[str, float] | None:
    """A flat JSON file of metrics, or None if there is no such file.

    Raises:
        BadDataError: it holds something else than numbers by name.
    """
    content = read_json(path)
    if content is None:
        return None
    if not isinstance(content, dict) or not all(isinstance(value, int | float) for value in content.values()):
        raise BadDataError(f"{path}: expected numbers by name; run `dvc repro`")
    return {str(name): float(value) for name, value in content.items()}


def read_csv(path: Path) -> list[dict[str, str]] | None:
    """The rows of a CSV file, or None if there is no such file."""
    text = read_text(path, _LARGEST_JSON)
    if text is None:
        return None
    return [
        {name: value or "" for name, value in row.items() if name}
        for row in csv.DictReader(io.StringIO(text, newline=""))
    ]
