"""Colours and greys, on drawings whose answer can be counted."""

import pytest

from stages.score.image.colours import colours
from stages.score.image.entropy import bits, entropy
from stages.score.subjects import Picture
from tests.score.material import drawing


def test_a_red_box_on_white() -> None:
    picture = Picture(drawing((32, 24)))
    assert colours(picture) == (0.75, 2)  # 16 x 12 of 32 x 24 are red
    assert entropy(picture).entropy == pytest.approx(0.8113, abs=1e-4)


@pytest.mark.parametrize(
    ("histogram", "expected"), [([5], 0.0), ([1, 1], 1.0), ([3] * 256, 8.0), ([0, 7, 0], 0.0)]
)
def test_entropy_in_bits(histogram: list[int], expected: float) -> None:
    assert bits(histogram) == pytest.approx(expected)
