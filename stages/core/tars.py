"""Tars that any WebDataset reader can read, and that are the same bytes on each rerun.

Members are plain POSIX (ustar) entries with time 0 and no owner, the files of a sample beside each other. A
float time would add a PAX header to each member: 8 % more bytes and nearly twice the reading cost.
"""

import contextlib
import hashlib
import mmap
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from stages.core.errors import BadDataError
from stages.core.files import disk_errors, replacing
from stages.core.records import Sample
from stages.core.tar_headers import BLOCK, read_headers

_LONGEST_NAME = 100  # bytes of KEY.EXTENSION that a plain header holds
_MAPPED = 256  # files that are kept mapped at once, well below the usual limit of 1,024 descriptors


@dataclass(frozen=True)
class Member:
    """Where one file of a sample lies inside its tar."""

    key: str
    file: str  # the extension: json, flac, png
    offset: int  # of the first content byte
    length: int  # bytes
    sha256: str


class Entry(NamedTuple):
    """Where a tar's own headers say that a file lies."""

    key: str
    file: str
    offset: int
    length: int


class TarWriter:
    """Write samples to a tar that appears under its name only when it is complete.

    Use it as a context manager; an exception inside leaves nothing behind.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.members: list[Member] = []
        self.size = 0  # bytes so far, headers and padding included

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            part = stack.enter_context(replacing(self.path))
            self._file = stack.enter_context(part.open("wb"))
            self._stack = stack.pop_all()
        return self

    def write(self, sample: Sample) -> None:
        """Append a sample, its files in the order of their extensions.

        Raises:
            BadDataError: the key is too long for a tar.
            TryAgainError: the disk is full.
        """
        with disk_errors(self.path):
            for extension in sorted(sample.files):
                self._write_member(sample.key, extension, sample.files[extension])

    def _write_member(self, key: str, extension: str, content: bytes) -> None:
        self._file.write(header(key, extension, len(content)))
        self._file.write(content)
        self._file.write(b"\0" * padding(len(content)))
        sha256 = hashlib.sha256(content).hexdigest()
        self.members.append(Member(key, extension, self.size + BLOCK, len(content), sha256))
        self.size += footprint(len(content))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._stack.__exit__(kind, error, trace)
            return
        with self._stack, disk_errors(self.path):
            self._file.write(ending(self.size))


def header(key: str, extension: str, length: int) -> bytes:
    """The one block before a file's content.

    Raises:
        BadDataError: the name does not fit.
    """
    name = f"{key}.{extension}"
    if len(name.encode()) > _LONGEST_NAME:
        raise BadDataError(f"{name}: more than {_LONGEST_NAME} bytes; give the sample a shorter key")
    info = tarfile.TarInfo(name)
    info.size, info.mode = length, 0o444
    return info.tobuf(tarfile.USTAR_FORMAT)


def padding(length: int) -> int:
    """Bytes of zeros after a content of `length` bytes."""
    return -length % BLOCK


def footprint(length: int) -> int:
    """Bytes that a file of `length` bytes takes in a tar."""
    return BLOCK + length + padding(length)


def ending(size: int) -> bytes:
    """The zeros at the end of a tar whose members take `size` bytes."""
    return b"\0" * (2 * BLOCK + -(size + 2 * BLOCK) % tarfile.RECORDSIZE)


def scan(path: Path) -> Iterator[Entry]:
    """The files of a tar by its own headers; contents are passed over unread.

    Raises:
        BadDataError: it is missing, truncated, or holds anything but a bounded number of plain files.
    """
    with _map(path) as content:
        try:
            for header in read_headers(content):
                folder, slash, name = header.name.rpartition("/")
                key, _, extension = name.partition(".")
                yield Entry(folder + slash + key, extension, header.offset, header.size)
        except BadDataError as error:
            raise BadDataError(f"{path}: {error}; run `dvc repro`") from error


def read_samples(path: Path) -> Iterator[Sample]:
    """The samples of a tar, in the order of the file. Nothing is extracted to the disk by name.

    Raises:
        BadDataError: it is missing, truncated or no tar of plain files, or has a sample or a file twice.
    """
    files = MappedFiles(path.parent)
    seen: set[str] = set()
    for key, group in groupby(scan(path), key=lambda entry: entry.key):
        entries = list(group)
        contents = {entry.file: files.read(path.name, entry.offset, entry.length) for entry in entries}
        if len(contents) < len(entries):
            raise BadDataError(f"{path}: sample {key!r} has a file twice")
        if key in seen:
            raise BadDataError(f"{path}: sample {key!r} is there twice, or its files are apart")
        seen.add(key)
        yield Sample(key, contents)


class MappedFiles:
    """Reads of byte ranges from the files of a folder.

    Files are memory-mapped, the most recently used ones kept so: pages are shared between processes, and
    threads may read at once. It can be sent to another process, which maps for itself.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._map = lru_cache(maxsize=_MAPPED)(lambda name: _map(folder / name))

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Exactly `length` bytes of a file from `offset`.

        Raises:
            BadDataError: the file is missing, empty or shorter.
        """
        content = self._map(name)[offset : offset + length]
        if len(content) != length:
            raise BadDataError(f"{self._folder / name}: shorter than its index says; run `dvc repro`")
        return content

    def __reduce__(self) -> tuple[type[Self], tuple[Path]]:
        return type(self), (self._folder,)


def _map(path: Path) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (FileNotFoundError, ValueError) as error:  # ValueError: an empty file cannot be mapped
        raise BadDataError(f"{path}: missing or empty; run `dvc repro` or `dvc pull`") from error
