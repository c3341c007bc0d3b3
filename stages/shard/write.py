"""One tar from its plan: written, read back, and told to the index."""

from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from stages.core.index import INDEX_SCHEMA
from stages.core.records import Sample
from stages.core.tars import MappedFiles, TarWriter
from stages.shard.plan import Plan
from stages.shard.verify import Tar, check_tar, refuse


class Job(NamedTuple):
    """A tar to write.

    Attributes:
        plan: what goes into it.
        ingested: the folder with the tars that have it now.
        folder: where it is written.
    """

    plan: Plan
    ingested: Path
    folder: Path


def write_tar(job: Job) -> pa.Table:
    """Write one tar, hold it against its rows of the index, and give these.

    Raises:
        BadDataError: an ingested tar is shorter than it was, or what was written does not read back.
        TryAgainError: the disk is full.
    """
    files = MappedFiles(job.ingested)
    name = job.plan.name
    with TarWriter(job.folder / name) as writer:
        for placed in job.plan.samples:
            contents = {e.file: files.read(placed.tar, e.offset, e.length) for e in placed.entries}
            writer.write(Sample(placed.key, contents))
    facts = {placed.key: {"source": placed.source, "split": placed.split} for placed in job.plan.samples}
    members = [{"shard": name, **vars(member), **facts[member.key]} for member in writer.members]
    rows = pa.Table.from_pylist(members, INDEX_SCHEMA)
    refuse(check_tar(Tar(writer.path, rows)), job.folder)
    return rows
