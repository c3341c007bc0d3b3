"""The same pixels or the same sound, whatever the file around them."""

from typing import ClassVar

from stages.filter.duplicates.equal import Equal


class SameContent(Equal):
    """Section `exact`: equal after decoding."""

    columns: ClassVar[frozenset[str]] = frozenset({"content", "text_hash"})
    same: ClassVar[tuple[str, ...]] = ("content",)
