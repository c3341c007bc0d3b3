"""How a text is punctuated; machines that listen often write no pauses at all.

Source: Radford et al., 2022, section 2.1, on transcripts without commas, exclamation and question marks.
"""

import unicodedata
from typing import NamedTuple

from stages.score.shares import share
from stages.score.subjects import Caption

_PAUSES = frozenset(",;:!?،؛؟、，；：！？。·…।॥՞՜¿¡")


class Punctuation(NamedTuple):
    """The share of punctuation among what is no space; the number of pauses, which a full stop is not."""

    punctuation: float
    pauses: int


def punctuation(caption: Caption) -> Punctuation:
    """Count punctuation by Unicode's categories, and the marks of a pause in any script."""
    marks = sum(unicodedata.category(character).startswith("P") for character in caption.solid)
    return Punctuation(
        punctuation=share(marks, len(caption.solid)),
        pauses=sum(character in _PAUSES for character in caption.text),
    )
