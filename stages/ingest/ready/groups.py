"""The samples of a stranger's tar: files of one name beside each other, read within bounds."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import BinaryIO

from stages.core.safety import BadItemError, check_size
from stages.ingest.ready.members import TarMember, read_members

_TEXTS = ("json", "txt")
_LONGEST_TEXT = 1 << 20  # bytes
_MOST_GROUPS = 1_000_000  # in one tar


@dataclass(frozen=True)
class Group:
    """The files of one sample by extension, or why they cannot be used."""

    name: str
    files: Mapping[str, bytes]
    problem: BadItemError | None = None

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(map(len, self.files.values()))


def read_groups(file: BinaryIO, media: frozenset[str], limit: int) -> Iterator[Group]:
    """The samples of a tar, in order. Files of other kinds are passed over.

    Args:
        file: the tar.
        media: extensions of pictures or recordings.
        limit: bytes of one such file.
    """
    seen: set[str] = set()
    limits = {**dict.fromkeys(media, limit), **dict.fromkeys(_TEXTS, _LONGEST_TEXT)}
    for name, members in groupby(_until_damage(file), key=lambda member: member.key):
        if len(seen) == _MOST_GROUPS:
            problem = BadItemError("too_many_samples", f"more than {_MOST_GROUPS} in one tar", "refused")
            yield Group(name, {}, problem)
            return
        try:
            _check_new(name, seen)
            files = _files(file, members, limits)
        except BadItemError as error:
            yield Group(name, {}, error)
        else:
            yield Group(name, files)


def _until_damage(file: BinaryIO) -> Iterator[TarMember]:
    """The members; damage comes as a last one that has it for its problem."""
    try:
        yield from read_members(file)
    except BadItemError as error:
        yield TarMember(f"({error.reason})", 0, 0, error)


def _check_new(name: str, seen: set[str]) -> None:
    if name in seen:
        raise BadItemError("duplicate_sample", f"{name!r} stands in two places")
    seen.add(name)


def _files(file: BinaryIO, members: Iterable[TarMember], limits: Mapping[str, int]) -> dict[str, bytes]:
    """The files of one sample that are wanted, by extension."""
    files: dict[str, bytes] = {}
    for member in members:
        if member.problem:
            raise member.problem
        limit = limits.get(member.extension)
        if member.extension in files:
            raise BadItemError("duplicate_member", f"{member.name!r} twice")
        if limit is not None:
            check_size(member.size, limit)
            file.seek(member.offset)
            files[member.extension] = file.read(member.size)
    return files
