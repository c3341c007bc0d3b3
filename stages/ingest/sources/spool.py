"""Rows that belong together but do not stand together, brought together on the disk."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any


class Spool:
    """Rows by group, in a database of the temporary folder that is gone when it is closed.

    Args:
        files: closes it.
    """

    def __init__(self, files: ExitStack) -> None:
        self._database = sqlite3.connect(
            "", isolation_level=None
        )  # "": private, on the disk, deleted by SQLite
        files.callback(self._database.close)
        self._database.execute("PRAGMA synchronous = OFF")  # it outlives nothing
        self._database.execute("BEGIN")
        self._database.execute("CREATE TABLE rows (name TEXT, row TEXT)")

    def add(self, group: str, row: Mapping[str, Any]) -> None:
        """Append a row to a group."""
        self._database.execute("INSERT INTO rows VALUES (?, ?)", (group, json.dumps(row)))

    def finish(self) -> None:
        """Say that all rows are there; only then groups may be read."""
        self._database.execute("CREATE INDEX groups ON rows (name)")

    def groups(self) -> Iterator[str]:
        """The names of the groups, sorted."""
        for (name,) in self._database.execute("SELECT DISTINCT name FROM rows ORDER BY name"):
            yield name

    def rows(self, group: str) -> list[dict[str, Any]]:
        """The rows of a group in the order in which they were added."""
        found = self._database.execute("SELECT row FROM rows WHERE name = ? ORDER BY rowid", (group,))
        return [json.loads(row) for (row,) in found]
