"""How much of a text is in capitals; all or nothing is a sign of a machine.

Source: Radford et al., 2022, section 2.1.
"""

from typing import NamedTuple

from stages.score.shares import share
from stages.score.subjects import Caption


class Casing(NamedTuple):
    """`upper`: the share of capitals among the cased letters; None in a script without case."""

    upper: float | None


def casing(caption: Caption) -> Casing:
    """Count capitals and small letters."""
    upper = sum(map(str.isupper, caption.text))
    cased = upper + sum(map(str.islower, caption.text))
    return Casing(share(upper, cased) if cased else None)
