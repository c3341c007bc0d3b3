"""How large a picture is."""

from typing import NamedTuple

from stages.score.subjects import Picture


class Size(NamedTuple):
    """Pixels of both sides, and the longer over the shorter."""

    width: int
    height: int
    aspect: float


def size(picture: Picture) -> Size:
    """As decoded, upright."""
    width, height = picture.image.size
    return Size(width, height, round(max(width, height) / min(width, height), 4))
