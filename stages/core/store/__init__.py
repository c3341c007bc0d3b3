"""Where the tars of a corpus are: in its folder, or in S3 as `store.json` in that folder says.

Readers ask for bytes by a tar's name and a range, and do not know which of the two it is.
"""

from pathlib import Path
from typing import Protocol

from stages.core.store.catalogue import read_catalogue
from stages.core.store.ranges import RemoteTars
from stages.core.tars import MappedFiles


class Tars(Protocol):
    """Ranges of bytes from the tars of a corpus."""

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Exactly `length` bytes of a tar from `offset`.

        Raises:
            BadDataError: the tar is missing or shorter.
            TryAgainError: it cannot be reached now.
        """
        ...


def open_tars(folder: Path) -> Tars:
    """The tars of a corpus's folder `tars/`, wherever their bytes are.

    Raises:
        BadDataError: its `store.json` is damaged.
    """
    catalogue = read_catalogue(folder)
    return MappedFiles(folder) if catalogue is None else RemoteTars(catalogue)
