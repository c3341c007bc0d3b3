"""Does each tar hold what the index says, and nothing else? DVC trusts a damaged cache file; we do not.

Contents are hashed. Everything between them (headers, padding, the end) follows from the index, so that a
flipped bit is found wherever it lies. Tars are looked through one by one, each in a worker process.
"""

import contextlib
import hashlib
import mmap
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from stages.core.errors import BadDataError
from stages.core.executor import map_shards
from stages.core.index import INDEX_NAME, TARS_NAME, open_index
from stages.core.store.catalogue import CATALOGUE_NAME, Stored, read_catalogue
from stages.core.store.s3 import S3
from stages.core.tar_headers import BLOCK
from stages.core.tars import ending, header, padding

_SHOWN = 20  # damages in an error message


@dataclass(frozen=True)
class Damage:
    """Something that is not as the index says.

    Attributes:
        shard: the name of the tar.
        what: the sample and its file, or what is wrong with the tar as a whole.
    """

    shard: str
    what: str

    def __str__(self) -> str:
        return f"{self.shard}: {self.what}"


class Tar(NamedTuple):
    """A tar to look through.

    Attributes:
        path: where it is, or would be if it were here.
        rows: its rows of the index, in the order of the file.
        store: the URL of the store that has it, if it is in one.
        stored: what the store should have.
    """

    path: Path
    rows: pa.Table
    store: str | None = None
    stored: Stored | None = None


def check(root: Path) -> None:
    """Verify a corpus.

    Raises:
        BadDataError: names each damaged shard and sample, up to a number.
    """
    refuse(list(find_damage(root)), root)


def refuse(damages: list[Damage], root: Path) -> None:
    """Tell the damages, if there are any.

    Raises:
        BadDataError: there are; the first ones are named.
    """
    if damages:
        lines = "; ".join(str(damage) for damage in damages[:_SHOWN])
        more = f"; and {len(damages) - _SHOWN} more" if len(damages) > _SHOWN else ""
        raise BadDataError(
            f"{root}: {len(damages)} damages: {lines}{more}; remove {root}, "
            "in a store also these tars, and run `dvc repro --force` on it"
        )


def find_damage(root: Path) -> Iterator[Damage]:
    """All that is not as the index says: tar by tar, then strangers among the tars, then rows that recur."""
    indexed = set()
    folder = root / TARS_NAME
    catalogue = read_catalogue(folder)

    def tars() -> Iterator[Tar]:
        for name, rows in _by_shard(root):
            indexed.add(name)
            stored = (catalogue.store, catalogue.tars.get(name)) if catalogue else ()
            yield Tar(folder / name, rows, *stored)

    for damages in map_shards(check_tar, tars()):
        yield from damages
    here = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    known = indexed | {CATALOGUE_NAME} if catalogue else indexed
    for name in sorted({*here, *(catalogue.tars if catalogue else ())} - known):
        yield Damage(name, "is not in the index")
    yield from _twice(root / INDEX_NAME)


def check_tar(tar: Tar) -> list[Damage]:
    """All that is wrong with one tar: contents first, then what lies between them."""
    rows = [
        row.values() for row in tar.rows.select(["key", "file", "offset", "length", "sha256"]).to_pylist()
    ]
    try:
        with (
            _here(tar) as path,
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            found = [*_contents(content, rows), *_between(content, rows)]
    except (FileNotFoundError, ValueError, BadDataError):  # ValueError: an empty file cannot be mapped
        found = list(_contents(b"", rows))
    return [Damage(tar.path.name, what) for what in found]


@contextlib.contextmanager
def _here(tar: Tar) -> Iterator[Path]:
    """The tar as a file of this machine; one of a store is fetched for the while."""
    if tar.store is None or tar.stored is None:
        yield tar.path
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / tar.path.name
        S3(tar.store).fetch(tar.stored.object_name(path.name), tar.stored.bytes, path)
        yield path


def _by_shard(root: Path) -> Iterator[tuple[str, pa.Table]]:
    """The rows of each tar, without holding those of the others."""

    def runs() -> Iterator[tuple[str, pa.RecordBatch]]:
        with open_index(root) as file:
            for batch in file.iter_batches():
                ends = pc.run_end_encode(batch["shard"])
                start = 0
                for name, end in zip(ends.values.to_pylist(), ends.run_ends.to_pylist(), strict=True):
                    yield name, batch.slice(start, end - start)
                    start = end

    for name, parts in groupby(runs(), key=lambda run: run[0]):
        yield name, pa.Table.from_batches([part for _, part in parts])


def _contents(content: mmap.mmap | bytes, rows: list[tuple[str, str, int, int, str]]) -> Iterator[str]:
    for key, file, offset, length, sha256 in rows:
        found = content[offset : offset + length]
        if len(found) != length or hashlib.sha256(found).hexdigest() != sha256:
            yield f"sample {key}, file {file}, is missing or not the indexed bytes"


def _between(content: mmap.mmap, rows: list[tuple[str, str, int, int, str]]) -> Iterator[str]:
    position = 0
    for key, file, offset, length, _ in rows:
        if offset != position + BLOCK:
            yield f"sample {key}, file {file}: a member before it that is not in the index"
            return
        if content[position:offset] != header(key, file, length):
            yield f"sample {key}, file {file}: header damaged"
        position = offset + length + padding(length)
        if content[offset + length : position] != b"\0" * padding(length):
            yield f"sample {key}, file {file}: padding damaged"
    if content[position:] != ending(position):
        yield "its end is damaged, or has members that are not in the index"


def _twice(index: Path) -> Iterator[Damage]:
    query = (
        "select max(shard), key, file from read_parquet(?) "
        "group by key, file having count(*) > 1 order by all"
    )
    with duckdb.connect() as database:
        for shard, key, file in database.execute(query, [str(index)]).fetchall():
            yield Damage(shard, f"sample {key} has its file {file} twice in the index")
