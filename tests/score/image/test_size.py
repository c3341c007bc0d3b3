"""Sides of a picture."""

from PIL import Image

from stages.score.image.size import size
from stages.score.subjects import Picture


def test_the_longer_side_over_the_shorter() -> None:
    assert size(Picture(Image.new("RGB", (32, 24)))) == (32, 24, 1.3333)
    assert size(Picture(Image.new("RGB", (24, 32)))) == (24, 32, 1.3333)
