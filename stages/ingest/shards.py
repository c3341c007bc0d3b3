"""One slice of the plan to one shard: a tar of samples, a ledger, and a marker that both are complete.

Lines are done in any order and noted in a spool (`stages.ingest.spool`), from which tar and ledger are
written in the order of the plan. The marker is written last and holds the hashes of both, so that a rerun
keeps what is whole, goes on with what was begun and does the rest. It also holds a hash of the sizes and
times of the local files that were read: if one was changed in between, its shard is made anew.
"""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.core.files import digest, write_json
from stages.core.process import failpoint
from stages.core.records import Sample
from stages.core.safety import BadItemError
from stages.ingest.fetch import REMOTE, Base, Fetched, Fetcher, link_scheme
from stages.ingest.items import Embedded, Item
from stages.ingest.ledger import (
    LedgerRow,
    Outcome,
    Retry,
    bad_row,
    deserves_retry,
    ok_row,
    read_ledger,
    write_ledger,
)
from stages.ingest.params import IngestParams
from stages.ingest.ready.outcomes import ready_outcomes
from stages.ingest.samples import Recordings, audio_samples, composed_samples, image_samples
from stages.ingest.sources.cells import Cells
from stages.ingest.spool import Spool, refill, remove_spool

Found = Fetched | BadItemError | None  # None: composed of several recordings
Numbered = tuple[int, Item]  # an item and its number in the slice
_CELLS = Cells()  # a worker goes on in a manifest where its last shard ended


@dataclass(frozen=True)
class ShardTask:
    """Everything a worker needs for one shard."""

    number: int
    plan: Path  # a slice of the plan: one item per line
    folder: Path  # where the tar and the ledger go
    params: IngestParams
    bases: Mapping[str, Base]  # by source
    retry: Retry | None = None  # which lines of a finished shard are tried again

    @property
    def tar(self) -> Path:
        """The samples of the shard."""
        return self.folder / f"{self.number:05d}.tar"

    @property
    def ledger(self) -> Path:
        """What happened to each line of the slice."""
        return self.folder / f"{self.number:05d}.ledger.parquet"

    @property
    def marker(self) -> Path:
        """That the shard is complete; it stays in the work folder."""
        return self.folder.parent / "done" / f"{self.number:05d}.json"

    @property
    def spool(self) -> Path:
        """The files of its unfinished work, without their suffixes."""
        return self.folder.parent / "spool" / f"{self.number:05d}"


@dataclass(frozen=True)
class ShardResult:
    """What became of a slice.

    Attributes:
        number: of the shard.
        outcomes: how many lines ended how.
        bytes: that were read for the lines.
        kept: how many of the lines an earlier run had done.
        seconds: that this run took.
    """

    number: int
    outcomes: Counter[Outcome]
    bytes: int
    kept: int
    seconds: float


def ingest_shard(task: ShardTask) -> ShardResult:
    """Fetch, decode and write one shard; what an earlier run has done is not done again.

    Raises:
        TryAgainError: the disk is full.
        BadConfigError: S3 has no credentials.
    """
    begin = time.monotonic()
    items = read_slice(task.plan)
    inputs = _fingerprint(items, task.bases)
    if _is_done(task, inputs) and not _reopen(task, inputs):
        remove_spool(task.spool)
        rows = read_ledger(task.ledger)
        kept = len(rows)
    else:
        rows, kept = _do(task, items, inputs)
    outcomes = Counter(row.outcome for row in rows)
    return ShardResult(task.number, outcomes, sum(row.bytes for row in rows), kept, time.monotonic() - begin)


def _do(task: ShardTask, items: list[Item], inputs: str) -> tuple[list[LedgerRow], int]:
    """Do the lines that are missing and write the shard; returns its rows and how many were there before."""
    with Spool(task.spool, inputs) as spool:
        kept = len(spool.done)
        missing = [(line, item) for line, item in enumerate(items) if line not in spool.done]
        ready = items[0].ready  # a ready tar is alone in its slice
        for line, row, samples in _ready(task, items[0], spool.done) if ready else _results(task, missing):
            spool.add(line, row, samples)
            failpoint(f"ingest-after-line-{line}")
        spool.write_tar(task.tar)
        failpoint("ingest-after-tar")
        rows = spool.rows()
        write_ledger(task.ledger, rows)
        failpoint("ingest-after-ledger")
        write_json(task.marker, _facts(task, inputs))
        failpoint("ingest-after-marker")
        spool.remove()
    failpoint("ingest-after-shard")
    return rows, kept


def _reopen(task: ShardTask, inputs: str) -> bool:
    """Turn a finished shard into an unfinished one, if it has lines that are to be tried again."""
    if task.retry is None:
        return False
    rows = read_ledger(task.ledger)
    again = {line for line, row in enumerate(rows) if deserves_retry(row, task.retry)}
    if not again:
        return False
    remove_spool(task.spool)
    refill(task.spool, inputs, task.tar, rows, again)
    failpoint("ingest-after-reopen")
    task.marker.unlink()
    return True


def read_slice(path: Path) -> list[Item]:
    """The items of a slice of the plan."""
    return [Item.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]


def count_lines(tasks: Sequence[ShardTask]) -> int:
    """How many lines of work there are; all slices but the last are full."""
    if not tasks:
        return 0
    with tasks[-1].plan.open("rb") as last:
        return (len(tasks) - 1) * tasks[-1].params.shard_samples + sum(1 for _ in last)


def _is_done(task: ShardTask, inputs: str) -> bool:
    try:
        return bool(json.loads(task.marker.read_text(encoding="utf-8")) == _facts(task, inputs))
    except (FileNotFoundError, ValueError):
        return False


def _facts(task: ShardTask, inputs: str) -> dict[str, Any]:
    return {"tar": digest(task.tar), "ledger": digest(task.ledger), "inputs": inputs}


def _fingerprint(items: list[Item], bases: Mapping[str, Base]) -> str:
    """Of the sizes and times of the local files that the items name."""
    hashed = hashlib.sha256()
    for item in items:
        folder = bases[item.source].folder
        for link in item.origin.split(" ") if item.utterance else [item.link]:
            if folder is not None and link_scheme(link) not in REMOTE and "\0" not in link:
                hashed.update(f"{link}:{_stat(folder / link)}\n".encode())
    return hashed.hexdigest()


def _stat(path: Path) -> str:
    try:
        facts = path.stat()
    except OSError as error:
        return str(error.errno)
    return f"{facts.st_size}:{facts.st_mtime_ns}"


def _ready(
    task: ShardTask, item: Item, done: Container[int]
) -> Iterator[tuple[int, LedgerRow, list[Sample]]]:
    """What becomes of each sample of a ready tar that is not done."""
    outcomes = ready_outcomes(task.params, task.bases[item.source], item, task.spool.parent)
    yield from ((line, row, samples) for line, (samples, row) in enumerate(outcomes) if line not in done)


def _results(task: ShardTask, items: list[Numbered]) -> Iterator[tuple[int, LedgerRow, list[Sample]]]:
    """What becomes of each item, as they finish; links to the network are fetched side by side."""
    with Fetcher(task.params.fetch, task.params.bounds.bytes) as fetcher:
        recordings = {
            source.name: Recordings(
                fetcher, task.bases[source.name], task.params.bounds, source.compose.silence
            )
            for source in task.params.sources
            if source.compose
        }
        for (line, item), found in _fetch_all(task, fetcher, items):
            yield line, *_result(task, item, found, recordings)


def _result(
    task: ShardTask, item: Item, found: Found, recordings: Mapping[str, Recordings]
) -> tuple[LedgerRow, list[Sample]]:
    if isinstance(found, BadItemError):
        return bad_row(item, found), []
    tries, size, sha256 = (found.tries, len(found.content), found.sha256) if found else (1, 0, "")
    try:
        if found is None:
            samples = composed_samples(item, recordings[item.source])
            sha256 = samples[0].record.sha256
        elif task.params.kind == "audio":
            samples = audio_samples(item, found, task.params.bounds)
        else:
            samples = image_samples(item, found, task.params.bounds)
    except BadItemError as error:
        error.tries = max(tries, error.tries)
        return bad_row(item, error, size, sha256), []
    return ok_row(item, len(samples), tries, size, sha256), samples


def _fetch_all(task: ShardTask, fetcher: Fetcher, items: list[Numbered]) -> Iterator[tuple[Numbered, Found]]:
    """Each item with its bytes or its error, in the order in which they come."""
    linked = []
    for line, item in items:
        if item.problem:
            yield (line, item), BadItemError(item.problem)
        elif item.utterance:
            yield (line, item), None
        elif item.embedded:
            yield (line, item), _read_cell(item.embedded, task.params.bounds.bytes)
        else:
            linked.append((line, item))
    asks = [(item.link, task.bases[item.source]) for _, item in linked]
    for position, found in fetcher.read_all(asks):
        yield linked[position], found


def _read_cell(place: Embedded, limit: int) -> Found:
    try:
        return Fetched(_CELLS.read(place, limit), tries=1)
    except BadItemError as error:
        return error
