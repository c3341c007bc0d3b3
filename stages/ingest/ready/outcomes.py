"""A ready tar as the outcomes of its samples: each with its row of the ledger, like any other line."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from stages.core.files import disk_errors
from stages.core.records import Sample
from stages.core.safety import BadItemError, below
from stages.ingest.fetch import REMOTE, Base, Fetcher, link_scheme
from stages.ingest.items import Item
from stages.ingest.ledger import LedgerRow, bad_row, ok_row
from stages.ingest.params import IngestParams
from stages.ingest.ready.groups import read_groups
from stages.ingest.ready.media import EXTENSIONS
from stages.ingest.ready.samples import ready_sample

_DEADLINE = 3600.0  # seconds for a tar of the network
_DIGITS = 8  # of the number of a sample in its tar


def ready_outcomes(
    params: IngestParams, base: Base, item: Item, folder: Path
) -> Iterator[tuple[list[Sample], LedgerRow]]:
    """What becomes of each sample of a ready tar, in the order of the tar.

    Args:
        params: of the corpus.
        base: of the item's source.
        item: the tar.
        folder: for a tar of the network while it is read.
    """
    source = next(source for source in params.sources if source.name == item.source)
    try:
        with _open(params, base, item, folder) as file:
            for number, group in enumerate(read_groups(file, EXTENSIONS[params.kind], params.bounds.bytes)):
                one = item.model_copy(
                    update={"key": f"{item.key}-{number:0{_DIGITS}d}", "link": f"{item.link}#{group.name}"}
                )
                try:
                    sample = ready_sample(params, source, one.key, one.link, group)
                except BadItemError as error:
                    yield [], bad_row(one, error)
                    continue
                record = sample.record
                done = one.model_copy(update={"licence": record.licence, "link": record.origin})
                yield [sample], ok_row(done, 1, 1, group.size, record.sha256)
    except BadItemError as error:
        yield [], bad_row(item, error)


def _open(params: IngestParams, base: Base, item: Item, folder: Path) -> BinaryIO:
    """A tar as a file that can be sought in.

    Raises:
        BadItemError: it is not there, or may not be read.
    """
    if link_scheme(item.link) in REMOTE or base.folder is None:
        return _fetch(params, item.link, folder)
    path = below(base.folder, item.link, allow_absolute=base.allow_absolute)
    if not path.is_file():
        raise BadItemError("not_a_file" if path.exists() else "not_found", str(path))
    try:
        return path.open("rb")
    except OSError as error:
        raise BadItemError("unreadable_file", str(error)) from error


def _fetch(params: IngestParams, link: str, folder: Path) -> BinaryIO:
    """A tar of the network in a file without a name, which is gone when it is closed."""
    file = cast("BinaryIO", TemporaryFile(dir=folder))  # noqa: SIM115 - whoever reads it closes it
    try:
        with Fetcher(params.fetch.by_name, params.fetch.manifest_bytes) as fetcher, disk_errors(folder):
            fetcher.save(link, file, _DEADLINE)
    except BaseException:
        file.close()
        raise
    return file
