"""The headers of a tar that nobody vouches for: which files it holds, and a named refusal of all else.

A WebDataset tar is plain files by name. Links, devices, folders, sparse files, names that climb or are
endless, sizes that lie and numbers without bound have no place in one; each is refused by a sentence that
names it. Nothing is ever extracted by name; the names are refused all the same, because the next tool might.

Source: POSIX.1-2001 pax, "ustar Interchange Format"; the long names of GNU tar.
"""

import mmap
import re
import tarfile
from collections.abc import Iterator
from typing import NamedTuple

from stages.core.errors import BadDataError

BLOCK = tarfile.BLOCKSIZE  # bytes; headers and contents begin on whole blocks
MOST_MEMBERS = 1 << 20  # in one tar
MOST_BYTES = 1 << 30  # in one member, which a reader holds in memory
MOST_NAME = 255  # bytes, as of a file
_MOST_EXTENSION = 1 << 16  # bytes of a pax header or a GNU long name
_CHUNK = 1 << 20  # bytes of an end that are looked at together

_PLAIN = frozenset({b"0", b"\0", b"7"})
_PAX, _PAX_GLOBAL, _LONG_NAME = b"x", b"g", b"L"
_PAX_RECORD = re.compile(rb"(\d{1,6}) ([^=]{1,255})=")
_KINDS = {b"1": "a hard link", b"2": "a symbolic link", b"3": "a device", b"4": "a device", b"5": "a folder",
    b"6": "a pipe", b"S": "a sparse file", b"K": "a link"}  # fmt: skip


class Header(NamedTuple):
    """A plain file of a tar.

    Attributes:
        name: relative, without `..`.
        offset: of its first byte.
        size: bytes.
    """

    name: str
    offset: int
    size: int


def read_headers(content: mmap.mmap | bytes) -> Iterator[Header]:
    """The files of a tar, each checked before it is given; contents are passed over unread.

    Raises:
        BadDataError: says what is wrong and at which byte, without the tar's name.
    """
    position, members = 0, 0
    extension: dict[bytes, bytes] = {}
    while block := _block(content, position):
        kind, size = block[156:157], _number(block[124:136], position)
        start = position + BLOCK
        if start + size > len(content):
            raise BadDataError(
                f"damaged: a member at byte {position} says {size} bytes, and the tar ends before"
            )
        if kind in (_PAX, _PAX_GLOBAL, _LONG_NAME):
            if size > _MOST_EXTENSION:
                raise BadDataError(f"an extended header of {size} bytes at byte {position}")
            if kind != _PAX_GLOBAL:
                extension |= _extended(kind, content[start : start + size])
        else:
            members += 1
            header = _plain(block, start, size, extension)
            _check(header, members, len(content))
            yield header
            size, extension = header.size, {}
        position = start + size + -size % BLOCK


def _block(content: mmap.mmap | bytes, position: int) -> bytes:
    """The header at a position; nothing at the end, which is zeros and only zeros.

    `tarfile` takes a cut or a hole for the end, and would lose the samples after it in silence.
    """
    block = content[position : position + BLOCK]
    if len(block) < BLOCK:
        raise BadDataError(f"damaged: it has no end after byte {position}")
    if not any(block):
        chunks = (content[start : start + _CHUNK] for start in range(position, len(content), _CHUNK))
        if any(chunk.strip(b"\0") for chunk in chunks):
            raise BadDataError(f"damaged after byte {position}: a hole, and more behind it")
        return b""
    # the sum of the header's bytes, its own field counted as eight spaces
    if _number(block[148:156], position) != sum(block) - sum(block[148:156]) + 8 * 0x20:
        raise BadDataError(f"damaged: the header at byte {position} has a wrong checksum")
    return block


def _number(field: bytes, position: int) -> int:
    """An octal number, or a binary one behind a set first bit (GNU, for what octal cannot hold)."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not digits.isdigit() or b"8" in digits or b"9" in digits:
        if digits:
            raise BadDataError(f"damaged: the header at byte {position} has {digits!r} for a number")
        return 0
    return int(digits, 8)


def _extended(kind: bytes, content: bytes) -> dict[bytes, bytes]:
    """The records of a header before the header: `length key=value`, or a long name alone."""
    if kind == _LONG_NAME:
        return {b"path": content.rstrip(b"\0")}
    records: dict[bytes, bytes] = {}
    position = 0
    while position < len(content) and (found := _PAX_RECORD.match(content, position)):
        end = position + int(found[1])
        if end <= found.end() or content[end - 1 : end] != b"\n":
            break
        records[found[2]] = content[found.end() : end - 1]
        position = end
    if position != len(content):
        raise BadDataError("damaged: an extended header that is no list of records")
    return records


def _plain(block: bytes, start: int, size: int, extension: dict[bytes, bytes]) -> Header:
    """The file that a header describes, with what the extended header before it says of it."""
    name = block[:100].partition(b"\0")[0]
    prefix = block[345:500].partition(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    name = extension.get(b"path", prefix + b"/" + name if prefix else name)
    if any(key.startswith(b"GNU.sparse") for key in extension):
        raise BadDataError(f"member {_shown(name)} is a sparse file, no plain file")
    kind = block[156:157]
    if kind not in _PLAIN:
        raise BadDataError(f"member {_shown(name)} is {_KINDS.get(kind, f'of kind {kind!r}')}, no plain file")
    if len(name) > MOST_NAME:
        raise BadDataError(f"member {_shown(name)} has a name of {len(name)} bytes")
    if b"size" in extension:
        size = _decimal(extension[b"size"])
    try:
        return Header(name.decode().removeprefix("./"), start, size)
    except UnicodeDecodeError as error:
        raise BadDataError(f"member {_shown(name)} has a name that is no UTF-8") from error


def _decimal(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 20:
        raise BadDataError(f"damaged: a size of {digits[:20]!r}")
    return int(digits)


def _check(header: Header, members: int, end: int) -> None:
    if members > MOST_MEMBERS:
        raise BadDataError(f"more than {MOST_MEMBERS} members")
    parts = header.name.split("/")
    if ".." in parts or parts[0] == "" or "\0" in header.name:
        raise BadDataError(f"member {header.name[:80]!r} leads out of the tar")
    if header.size > MOST_BYTES:
        raise BadDataError(f"member {header.name!r} says {header.size} bytes, more than {MOST_BYTES}")
    if header.offset + header.size > end:
        raise BadDataError(f"damaged: member {header.name!r} says {header.size} bytes, beyond its end")


def _shown(name: bytes) -> str:
    return repr(name[:80].decode(errors="replace"))
