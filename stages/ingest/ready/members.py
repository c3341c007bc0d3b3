"""The members of a stranger's tar, by its headers alone and within bounds.

`tarfile` believes what a tar says of itself: it reads an extended header of any length into memory and
follows sizes below zero. Here each header is read once, forwards; what is no plain file with a plain name
is reported and never looked into. Nothing is ever written to the disk under a member's name.
"""

import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from stages.core.safety import BadItemError
from stages.core.tar_headers import BLOCK

_LONGEST_HEADER = 1 << 16  # bytes of a name or of attributes that stand before a member
_LONGEST_NAME = 255  # characters
_EXTENDED, _GLOBAL = tarfile.XHDTYPE, tarfile.XGLTYPE
_LONG_NAME, _LONG_LINK = tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK
_REFUSED = {
    tarfile.LNKTYPE: "link_member",
    tarfile.SYMTYPE: "link_member",
    tarfile.CHRTYPE: "device_member",
    tarfile.BLKTYPE: "device_member",
    tarfile.FIFOTYPE: "device_member",
}


@dataclass(frozen=True)
class TarMember:
    """A member: its name, and where its content lies, or why it may not be used."""

    name: str
    offset: int
    size: int
    problem: BadItemError | None = None

    @property
    def key(self) -> str:
        """What the files of one sample have in common: folders, and the name up to its first dot."""
        path = PurePosixPath(self.name)
        return str(path.parent / path.name.partition(".")[0])

    @property
    def extension(self) -> str:
        """The rest of the name, in lower case."""
        return PurePosixPath(self.name).name.partition(".")[2].lower()


def read_members(file: BinaryIO) -> Iterator[TarMember]:
    """The members of a tar, in order.

    Args:
        file: the tar; it is sought in, and may be between two members.

    Raises:
        BadItemError: the tar is damaged from here on (`damaged_tar`); the members so far are whole.
    """
    end = file.seek(0, os.SEEK_END)
    position, name, size = 0, "", None
    while (info := _header(file, position, end)) is not None:
        begin = position + BLOCK
        size = info.size if size is None else size
        if size < 0 or begin + size > end:
            raise BadItemError("damaged_tar", f"member {info.name!r} goes beyond the end")
        position = begin + size + -size % BLOCK
        if info.type in (_EXTENDED, _LONG_NAME):
            name, size = _attributes(file, info, begin, name)
            continue
        if info.type not in (_GLOBAL, _LONG_LINK) and not info.isdir():
            yield _member(name or info.name, info, begin, size)
        if info.type != _LONG_LINK:
            name = ""
        size = None
    _check_end(file, position)


def _header(file: BinaryIO, position: int, end: int) -> tarfile.TarInfo | None:
    """The header at a position, or None at the zeros that end a tar."""
    file.seek(position)
    block = file.read(BLOCK)
    if len(block) == BLOCK and not any(block):
        return None
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise BadItemError("damaged_tar", f"byte {position} of {end}: {error}") from error


def _attributes(file: BinaryIO, info: tarfile.TarInfo, begin: int, name: str) -> tuple[str, int | None]:
    """The name, and the size if it is said, that stand before the header proper."""
    if info.size > _LONGEST_HEADER:
        raise BadItemError("damaged_tar", f"attributes of {info.size} bytes")
    file.seek(begin)
    content = file.read(info.size)
    if info.type == _LONG_NAME:
        return content.rstrip(b"\0").decode("utf-8", "surrogateescape"), None
    found = dict(_records(content))
    try:
        size = int(found["size"]) if "size" in found else None
    except ValueError as error:
        raise BadItemError("damaged_tar", f"a size of {found['size']!r}") from error
    return found.get("path", name), size


def _records(content: bytes) -> Iterator[tuple[str, str]]:
    """`length key=value` lines of POSIX.1-2001, of which each says its own length."""
    while content:
        length, _, _ = content.partition(b" ")
        if not length.isdigit() or not len(length) < int(length[:6]) <= len(content):
            raise BadItemError("damaged_tar", "attributes of the wrong form")
        line, content = content[len(length) + 1 : int(length) - 1], content[int(length) :]
        key, _, value = line.partition(b"=")
        yield key.decode("utf-8", "surrogateescape"), value.decode("utf-8", "surrogateescape")


def _member(name: str, info: tarfile.TarInfo, begin: int, size: int) -> TarMember:
    problem = None
    if info.type in _REFUSED or info.type == tarfile.GNUTYPE_SPARSE:
        problem = BadItemError(_REFUSED.get(info.type, "sparse_member"), "no plain file", "refused")
    elif not info.isreg():
        problem = BadItemError("odd_member", f"type {info.type!r}", "refused")
    elif _is_unsafe(name):
        problem = BadItemError("unsafe_name", "leads out of any folder", "refused")
    return TarMember(name[:_LONGEST_NAME], begin, size, problem)


def _is_unsafe(name: str) -> bool:
    """Names are labels here, and still: who writes such a name means no good, or has a broken pipeline."""
    path = PurePosixPath(name)
    odd = any(letter in name for letter in "\0\\\n") or not name.isprintable()
    return odd or path.is_absolute() or ".." in path.parts or not path.name or len(name) > _LONGEST_NAME


def _check_end(file: BinaryIO, position: int) -> None:
    """After the last member come zeros and nothing else; a hole in the middle would pass for the end."""
    file.seek(position)
    while block := file.read(1 << 16):
        if any(block):
            raise BadItemError("damaged_tar", f"something follows the end at byte {position}")
