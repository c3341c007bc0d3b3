"""The same text, but for case, punctuation and spaces."""

from typing import ClassVar

from pydantic import Field

from stages.filter.duplicates.equal import Equal, identity


class SameText(Equal):
    """Section `text`.

    Attributes:
        words: the fewest words of a text that is compared; short captions repeat by right.
        across_sources: whether texts of different sources are compared.
    """

    columns: ClassVar[frozenset[str]] = frozenset({"text_hash", "words"})

    words: int = Field(default=8, ge=1)
    across_sources: bool = False

    def identity(self) -> str:
        """The normalised text, of long enough texts alone."""
        compared = f"CASE WHEN words >= {self.words} THEN text_hash END"
        return identity(compared, *([] if self.across_sources else ["source"]))
