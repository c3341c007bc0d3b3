"""One tar from its plan: written, read back, and told to the index."""

from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from stages.core.files import digest
from stages.core.index import INDEX_SCHEMA
from stages.core.records import Sample
from stages.core.store.catalogue import Stored
from stages.core.store.s3 import S3
from stages.core.tars import MappedFiles, TarWriter
from stages.shard.plan import Plan
from stages.shard.verify import Tar, check_tar, refuse


class Job(NamedTuple):
    """A tar to write.

    Attributes:
        plan: what goes into it.
        ingested: the folder with the tars that have it now.
        folder: where it is written.
        store: the URL to which it goes from there; None to leave it there.
    """

    plan: Plan
    ingested: Path
    folder: Path
    store: str | None


class Written(NamedTuple):
    """A tar that was written: its rows of the index, and what the store has of it."""

    name: str
    rows: pa.Table
    stored: Stored | None


def write_tar(job: Job) -> Written:
    """Write one tar, hold it against its rows of the index, and bring it to its store.

    Raises:
        BadDataError: an ingested tar is shorter than it was, or what was written does not read back.
        BadConfigError: the store refuses.
        TryAgainError: the disk is full, or the store does not answer.
    """
    files = MappedFiles(job.ingested)
    name = job.plan.name
    with TarWriter(job.folder / name) as writer:
        for placed in job.plan.samples:
            contents = {e.file: files.read(placed.tar, e.offset, e.length) for e in placed.entries}
            sample = Sample(placed.key, contents)
            writer.write(_translated(sample, placed.translated_from) if placed.translated_from else sample)
    facts = {placed.key: {"source": placed.source, "split": placed.split} for placed in job.plan.samples}
    members = [{"shard": name, **vars(member), **facts[member.key]} for member in writer.members]
    rows = pa.Table.from_pylist(members, INDEX_SCHEMA)
    refuse(check_tar(Tar(writer.path, rows)), job.folder)
    return Written(name, rows, _upload(writer.path, job.store) if job.store else None)


def _translated(sample: Sample, language: str) -> Sample:
    """The sample with its text as a translation of speech in `language`."""
    record = sample.record.translated_from(language)
    return Sample(sample.key, {**sample.files, "json": record.model_dump_json(exclude_none=True).encode()})


def _upload(path: Path, store: str) -> Stored:
    """Bring a tar to the store, unless an earlier run did, and free the disk of it."""
    stored = Stored(sha256=digest(path), bytes=path.stat().st_size)
    S3(store).put(path, stored.object_name(path.name), stored)
    path.unlink()
    return stored
