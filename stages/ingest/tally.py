"""What has become of the lines so far: of shards that are done, and of those under way by their journals."""

import os
import time
from collections import Counter
from pathlib import Path

from stages.ingest.ledger import Outcome
from stages.ingest.shards import ShardResult
from stages.ingest.spool import JOURNAL_SUFFIX, kept_lines, to_entry


class Tally:
    """Counts lines by outcome, and bytes, of finished shards and of the journals of unfinished ones.

    Args:
        journals: the folder in which workers keep the journals of their shards.
    """

    def __init__(self, journals: Path) -> None:
        self._journals = journals
        self._began = time.time()
        self._done: Counter[Outcome] = Counter()
        self._under_way: dict[int, _Journal] = {}
        self._finished: set[int] = set()
        self._bytes = self._kept = 0

    @property
    def outcomes(self) -> Counter[Outcome]:
        """Lines by source, status and reason."""
        return sum((journal.outcomes for journal in self._under_way.values()), self._done.copy())

    @property
    def bytes(self) -> int:
        """Bytes that were read for these lines."""
        return self._bytes + sum(journal.bytes for journal in self._under_way.values())

    @property
    def kept(self) -> int:
        """Lines that an earlier run has done."""
        return self._kept + sum(journal.kept for journal in self._under_way.values())

    def add(self, result: ShardResult) -> None:
        """Count a shard that is done."""
        self._under_way.pop(result.number, None)
        self._finished.add(result.number)
        self._done += result.outcomes
        self._bytes += result.bytes
        self._kept += result.kept

    def look(self) -> None:
        """Read what the workers have added to their journals; those that a kill left are not theirs yet."""
        for path in self._journals.glob(f"*{JOURNAL_SUFFIX}"):
            number = int(path.stem)
            if number not in self._finished and _changed(path) >= self._began:
                self._under_way.setdefault(number, _Journal(path)).read_on()


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


class _Journal:
    """A journal that grows, read from where the last reading ended; from the start if it was replaced."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reset(inode=0)

    def _reset(self, inode: int) -> None:
        self._inode, self._position = inode, 0
        self.outcomes: Counter[Outcome] = Counter()
        self.bytes = self.kept = 0

    def read_on(self) -> None:
        """Count the lines that came since the last time."""
        try:
            file = self._path.open("rb")
        except FileNotFoundError:  # the shard has just been finished
            return
        with file:
            inode = os.fstat(file.fileno()).st_ino
            if inode != self._inode:
                self._reset(inode)
            file.seek(self._position)
            read = file.read()
        whole = read[: read.rfind(b"\n") + 1].splitlines(keepends=True)
        if self._position == 0 and whole:
            self.kept = kept_lines(whole[0])
        self._position += sum(map(len, whole))
        for entry in filter(None, map(to_entry, whole)):
            self.outcomes[entry.row.outcome] += 1
            self.bytes += entry.row.bytes
