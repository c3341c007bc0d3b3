"""How many colours a picture has, and how much of it is of one."""

from typing import NamedTuple

import numpy as np

from stages.score.shares import share
from stages.score.subjects import Picture


class Colours(NamedTuple):
    """The share of pixels of the commonest colour, and the number of distinct colours."""

    main_colour: float
    colours: int


def colours(picture: Picture) -> Colours:
    """Count pixels by their exact colour."""
    packed = np.asarray(picture.image.convert("RGBX")).view(np.uint32)
    counts = np.unique(packed, return_counts=True)[1]
    return Colours(share(int(counts.max()), packed.size), len(counts))
