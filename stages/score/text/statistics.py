"""How long a text is and what it is made of."""

from typing import NamedTuple

from stages.score.shares import share
from stages.score.subjects import Caption


class Statistics(NamedTuple):
    """Counts of characters and words; shares of letters and digits in what is no space."""

    characters: int
    words: int
    letters: float
    digits: float


def statistics(caption: Caption) -> Statistics:
    """Count; letters and digits are those of Unicode, in any script."""
    solid = caption.solid
    return Statistics(
        characters=len(caption.text),
        words=len(caption.words),
        letters=share(sum(map(str.isalpha, solid)), len(solid)),
        digits=share(sum(map(str.isdigit, solid)), len(solid)),
    )
