"""One slice of the plan to one shard: a tar of samples, a ledger, and a marker that both are complete.

The marker is written last and holds the hashes of both, so that a rerun after a kill keeps what is whole and
does the rest again. It also holds the sizes and times of the local files that were read: if one was changed
in between, its shard is made anew.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.core.files import digest, write_json
from stages.core.process import failpoint
from stages.core.records import Sample
from stages.core.safety import BadItemError
from stages.core.tars import TarWriter
from stages.ingest.fetch import REMOTE, Base, Fetched, Fetcher, link_scheme
from stages.ingest.items import Item
from stages.ingest.ledger import LedgerRow, bad_row, count_outcomes, ok_row, write_ledger
from stages.ingest.params import IngestParams
from stages.ingest.samples import Recordings, audio_samples, composed_samples, image_samples

Outcome = tuple[list[Sample], LedgerRow]


@dataclass(frozen=True)
class ShardTask:
    """Everything a worker needs for one shard."""

    number: int
    plan: Path  # a slice of the plan: one item per line
    folder: Path  # where the tar and the ledger go
    params: IngestParams
    bases: Mapping[str, Base]  # by source

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
        return self.plan.with_suffix(".done")


@dataclass(frozen=True)
class ShardResult:
    """What became of a slice: lines by (source, reason or "ok"), and whether an earlier run did the work."""

    number: int
    outcomes: Counter[tuple[str, str]]
    resumed: bool


def ingest_shard(task: ShardTask) -> ShardResult:
    """Fetch, decode and write one shard, unless an unbroken one is there already.

    Raises:
        TryAgainError: the disk is full.
        BadConfigError: S3 has no credentials.
    """
    items = read_slice(task.plan)
    inputs = _fingerprint(items, task.bases)
    if _is_done(task, inputs):
        return ShardResult(task.number, count_outcomes(task.ledger), resumed=True)
    rows: list[LedgerRow] = []
    with TarWriter(task.tar) as tar:
        for samples, row in _outcomes(task, items):
            for sample in samples:
                tar.write(sample)
            rows.append(row)
    failpoint("ingest-after-tar")
    write_ledger(task.ledger, rows)
    failpoint("ingest-after-ledger")
    write_json(task.marker, _facts(task, inputs))
    failpoint("ingest-after-shard")
    return ShardResult(task.number, count_outcomes(task.ledger), resumed=False)


def read_slice(path: Path) -> list[Item]:
    """The items of a slice of the plan."""
    return [Item.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]


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


def _outcomes(task: ShardTask, items: list[Item]) -> Iterator[Outcome]:
    """What becomes of each item, in order; links to the network are fetched side by side."""
    with Fetcher(task.params.fetch, task.params.bounds.bytes) as fetcher:
        recordings = {
            source.name: Recordings(
                fetcher, task.bases[source.name], task.params.bounds, source.compose.silence
            )
            for source in task.params.sources
            if source.compose
        }
        for item, fetched in _fetch_all(task, fetcher, items):
            yield _outcome(task, item, fetched, recordings)


def _outcome(
    task: ShardTask, item: Item, fetched: Fetched | BadItemError | None, recordings: Mapping[str, Recordings]
) -> Outcome:
    if isinstance(fetched, BadItemError):
        return [], bad_row(item, fetched)
    tries, sha256 = (fetched.tries, fetched.sha256) if fetched else (1, "")
    try:
        if fetched is None:
            samples = composed_samples(item, recordings[item.source])
            sha256 = samples[0].record.sha256
        elif task.params.kind == "audio":
            samples = audio_samples(item, fetched, task.params.bounds)
        else:
            samples = image_samples(item, fetched, task.params.bounds)
    except BadItemError as error:
        error.tries = max(tries, error.tries)
        return [], bad_row(item, error, sha256)
    return samples, ok_row(item, len(samples), tries, sha256)


def _fetch_all(
    task: ShardTask, fetcher: Fetcher, items: list[Item]
) -> Iterator[tuple[Item, Fetched | BadItemError | None]]:
    """Each item with its bytes, its error, or None if it is composed of several recordings."""
    asks = [
        None if item.problem or item.utterance else (item.link, task.bases[item.source]) for item in items
    ]
    for item, fetched in zip(items, fetcher.read_all(asks), strict=True):
        yield item, BadItemError(item.problem) if item.problem else fetched
