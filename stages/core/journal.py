"""The metrics of a run, one JSON line per logged step, in a file that only grows.

It is the truth from which curves are published and MLflow is fed. On resume it is cut back to the step of the
checkpoint, so that a run which was killed ten times leaves the same journal as one that was not. It holds no
times.
"""

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from stages.core.files import disk_errors, write_text

Row = dict[str, float]  # "step" and the metrics of that step

_logger = logging.getLogger(__name__)


class Journal:
    """`metrics.jsonl` of one run, opened at the step from which the run goes on.

    Args:
        path: the file; it is made when needed.
        step: the checkpoint's step; later lines, and a line torn by a kill, are cut off.
    """

    def __init__(self, path: Path, step: int) -> None:
        self.path = path
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        self.rows = [row for row in read_rows(path) if row["step"] <= step]
        kept = "".join(_line(row) for row in self.rows)
        if kept != before or not path.exists():
            write_text(path, kept)
        self._file: TextIO = path.open("a", encoding="utf-8")

    def append(self, step: int, metrics: Mapping[str, float]) -> None:
        """Add the metrics of a step.

        Raises:
            TryAgainError: the disk is full.
        """
        row: Row = {"step": step, **metrics}
        with disk_errors(self.path):
            self._file.write(_line(row))
            self._file.flush()
        self.rows.append(row)

    def sync(self) -> None:
        """Flush to the disk; done before a checkpoint commits, which promises the lines up to its step."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_rows(path: Path) -> list[Row]:
    """The whole rows of a journal; none if there is no such file."""
    return _parse(path.read_text(encoding="utf-8"), path) if path.exists() else []


def _line(row: Row) -> str:
    return json.dumps(row, sort_keys=True, allow_nan=False) + "\n"


def _parse(text: str, path: Path) -> list[Row]:
    """The rows up to the first line that is torn; each row's step is above the one before."""
    rows: list[Row] = []
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        try:
            row = json.loads(line)
            whole = line.endswith("\n") and row["step"] > (rows[-1]["step"] if rows else -1)
        except (ValueError, KeyError, TypeError):
            whole = False
        if not whole:
            _logger.warning("%s: cut off at line %d, which a kill tore", path, number)
            break
        rows.append(row)
    return rows
