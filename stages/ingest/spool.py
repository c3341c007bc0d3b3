"""The finished lines of an unfinished shard, in the order in which they came; a killed run goes on from them.

Two files that only grow lie in the work folder until their shard is whole. The spool holds the tar members of
each line's samples. The journal holds the line's row of the ledger, and where its members lie with their
hash, as JSON with a hash of its own. Members are written before the line that names them. What a kill or a
power cut tore is found by length and hash when the two are opened again, and only those lines are done again.

Lines finish in any order; the shard is put together in the order of the plan, hence its bytes do not depend
on who answered first or on how often the run was killed. The spool never holds more than one shard.
"""

import hashlib
import io
import json
import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any, BinaryIO, Self

from stages.core.files import disk_errors, replacing, write_text
from stages.core.records import Sample
from stages.core.tar_headers import BLOCK
from stages.core.tars import ending, header, padding, scan
from stages.ingest.ledger import LedgerRow

JOURNAL_SUFFIX = ".journal"
_SECONDS_BETWEEN_SYNCS = 5.0  # what a power cut may cost; a kill costs the line under way


@dataclass(frozen=True)
class Entry:
    """A finished line: its ledger row, and where its tar members lie in the spool."""

    line: int
    row: LedgerRow
    offset: int
    length: int  # bytes; 0 for a line that yielded no sample
    sha256: str

    def to_line(self) -> str:
        """One line of the journal."""
        return _line({**vars(self), "row": vars(self.row)})


class Spool:
    """The spool and the journal of one shard, as a context manager; one process at a time may hold it.

    Args:
        stem: both files' path without its suffix.
        inputs: what the lines depend on; lines that were done for other inputs are forgotten.
    """

    def __init__(self, stem: Path, inputs: str) -> None:
        self._spool, self._journal = stem.with_suffix(".spool"), stem.with_suffix(JOURNAL_SUFFIX)
        stem.parent.mkdir(parents=True, exist_ok=True)
        self._members = self._spool.open("a+b", buffering=0)
        self.done = {entry.line: entry for entry in self._whole(inputs)}
        self._size = max((entry.offset + entry.length for entry in self.done.values()), default=0)
        self._members.truncate(self._size)
        kept = "".join(entry.to_line() for entry in self.done.values())
        write_text(self._journal, _line({"inputs": inputs, "kept": len(self.done)}) + kept)
        self._lines = self._journal.open("ab", buffering=0)
        self._synced = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._members.close()
        self._lines.close()

    def add(self, line: int, row: LedgerRow, samples: Iterable[Sample]) -> None:
        """Note that a line is finished.

        Raises:
            TryAgainError: the disk is full; what was added before is safe.
        """
        self.append(line, row, b"".join(block for sample in samples for block in _members(sample)))

    def append(self, line: int, row: LedgerRow, members: bytes) -> None:
        """Like `add`, with the samples as whole tar members."""
        entry = Entry(line, row, self._size, len(members), hashlib.sha256(members).hexdigest())
        with disk_errors(self._spool):
            _write(self._members, members)
            _write(self._lines, entry.to_line().encode())
            if time.monotonic() - self._synced > _SECONDS_BETWEEN_SYNCS:
                self._sync()
        self._size += len(members)
        self.done[line] = entry

    def rows(self) -> list[LedgerRow]:
        """The ledger's rows in the order of the plan."""
        return [self.done[line].row for line in sorted(self.done)]

    def write_tar(self, path: Path) -> None:
        """Write the samples as a tar, in the order of the plan.

        Raises:
            TryAgainError: the disk is full.
        """
        with replacing(path) as part, part.open("wb") as tar:
            for line in sorted(self.done):
                tar.write(self._read(self.done[line]))
            tar.write(ending(tar.tell()))

    def remove(self) -> None:
        """Forget all lines: the shard is whole."""
        remove_spool(self._spool.with_suffix(""))

    def _sync(self) -> None:
        os.fsync(self._members.fileno())
        os.fsync(self._lines.fileno())
        self._synced = time.monotonic()

    def _whole(self, inputs: str) -> Iterator[Entry]:
        """The journal's lines whose members are in the spool as they were written."""
        if self._journal.exists():
            with self._journal.open("rb") as lines:
                if _parse(lines.readline()).get("inputs") == inputs:
                    entries = (to_entry(line) for line in lines)
                    yield from (entry for entry in entries if entry and self._is_whole(entry))

    def _is_whole(self, entry: Entry) -> bool:
        return hashlib.sha256(self._read(entry)).hexdigest() == entry.sha256

    def _read(self, entry: Entry) -> bytes:
        return os.pread(self._members.fileno(), entry.length, entry.offset)


def refill(stem: Path, inputs: str, tar: Path, rows: Sequence[LedgerRow], without: Collection[int]) -> None:
    """Make the spool of a finished shard, as if some of its lines were still to do.

    Args:
        stem: of the spool to make.
        inputs: what the lines depend on.
        tar: the shard's samples, in the order of the plan.
        rows: of its ledger.
        without: numbers of the lines to leave out.
    """
    spans = _spans(tar)
    with Spool(stem, inputs) as spool, tar.open("rb") as content:
        for line, row in enumerate(rows):
            members = b"".join(_cut(content, *span) for span in islice(spans, row.samples))
            if line not in without:
                spool.append(line, row, members)


def _spans(tar: Path) -> Iterator[tuple[int, int]]:
    """Where the members of each sample begin and end in a tar."""
    for _, group in groupby(scan(tar), key=lambda entry: entry.key):
        entries = list(group)
        end = entries[-1].offset + entries[-1].length
        yield entries[0].offset - BLOCK, end + padding(end)


def _cut(file: BinaryIO, begin: int, end: int) -> bytes:
    file.seek(begin)
    return file.read(end - begin)


def remove_spool(stem: Path) -> None:
    """Remove a shard's journal and spool, if there are any; the journal first, which names the other."""
    for suffix in (JOURNAL_SUFFIX, ".spool"):
        stem.with_suffix(suffix).unlink(missing_ok=True)


def to_entry(line: bytes) -> Entry | None:
    """A line of a journal, or None if it is torn, or the first, which names the inputs."""
    facts = _parse(line)
    try:
        return Entry(**{**facts, "row": LedgerRow(**facts["row"])})
    except (KeyError, TypeError):
        return None


def kept_lines(first: bytes) -> int:
    """How many of a journal's lines were there before it was opened the last time, by its first line."""
    return int(_parse(first).get("kept", 0))


def _line(facts: Mapping[str, Any]) -> str:
    """An object as a line of a journal: a part of its hash, a space, its JSON."""
    text = json.dumps(facts)
    return f"{_checksum(text.encode())} {text}\n"


def _parse(line: bytes) -> Mapping[str, Any]:
    """The object in a line of a journal; nothing if the line is torn or damaged."""
    checksum, _, text = line.removesuffix(b"\n").partition(b" ")
    whole = line.endswith(b"\n") and checksum == _checksum(text).encode()
    found: dict[str, Any] = json.loads(text) if whole else {}
    return found


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _members(sample: Sample) -> Iterator[bytes]:
    """A sample's files as tar members, in the order of their extensions."""
    for extension in sorted(sample.files):
        content = sample.files[extension]
        yield header(sample.key, extension, len(content))
        yield content
        yield bytes(padding(len(content)))


def _write(file: io.FileIO, content: bytes) -> None:
    """Write all of it to an unbuffered file, which may take less at once."""
    remaining = memoryview(content)
    while remaining:
        remaining = remaining[file.write(remaining) :]
