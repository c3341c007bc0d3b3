"""The same file, byte by byte, under whatever links."""

from typing import ClassVar

from stages.filter.duplicates.equal import WINDOW, Equal


class SameFile(Equal):
    """Section `bytes`: SHA-256 of the file as it was read. Windows of one recording are different samples."""

    columns: ClassVar[frozenset[str]] = frozenset({"sha256", "text_hash"})
    same: ClassVar[tuple[str, ...]] = ("sha256", WINDOW)
