"""Images come out as the published transform has them, and augmentation is what its params say."""

import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stages.core.safety import BadItemError
from stages.core.seeds import generator
from stages.systems.clip.preprocess import Augmentation, Changes, change, draw, normalise, square
from tests.systems.clip import golden


def png(pixels: np.ndarray, mode: str | None = None) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels, mode).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(("name", "turned"), [("out32", False), ("out32_T", True)])
def test_pixels_are_those_of_the_published_transform(name: str, turned: bool):
    expected = np.load(golden.FOLDER / "preprocess.npz")
    source = expected["src"].transpose(1, 0, 2) if turned else expected["src"]
    ours = normalise(square(png(np.ascontiguousarray(source)), 32)[None])[0]
    step = 1 / 255 / 0.26130258  # one grey level of the channel with the smallest spread
    np.testing.assert_allclose(ours, expected[name], atol=step * 1.001)


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 40))
def test_any_shape_becomes_the_square(width: int, height: int, size: int):
    image = square(png(np.full((height, width, 3), 77, np.uint8)), size)
    assert image.shape == (3, size, size)
    assert image.dtype == torch.uint8
    assert (image == 77).all()


def test_transparency_is_laid_on_white():
    pixels = np.zeros((8, 8, 4), np.uint8)
    assert (square(png(pixels), 8) == 255).all()


def test_bytes_that_are_no_image_are_refused():
    with pytest.raises(BadItemError):
        square(b"no image", 8)


def unchanged(count: int) -> Changes:
    return draw(Augmentation(crop=(1.0, 1.0)), count, generator(0))


@given(st.integers(0, 2**31))
def test_nothing_changes_when_nothing_is_asked_for(seed: int):
    images = torch.randint(0, 256, (2, 3, 9, 9), generator=torch.Generator().manual_seed(seed)).byte()
    assert torch.equal(change(images, unchanged(2), 9), images)


def test_a_small_crop_shows_a_part():
    images = torch.zeros(1, 3, 16, 16, dtype=torch.uint8)
    images[:, :, 4:12, 4:12] = 200
    changes = unchanged(1)
    half = Changes(changes.affine * 0.5, changes.gain, changes.offset)
    assert (change(images, half, 8) == 200).all()


def test_a_large_crop_repeats_the_border():
    images = torch.full((1, 3, 8, 8), 255, dtype=torch.uint8)
    changes = unchanged(1)
    double = Changes(changes.affine * 2, changes.gain, changes.offset)
    assert (change(images, double, 8) == 255).all()


def test_colours_stay_within_their_params():
    grey = torch.full((64, 3, 4, 4), 100, dtype=torch.uint8)
    changes = draw(Augmentation(crop=(1.0, 1.0), colour=0.1), 64, generator(3))
    colours = change(grey, changes, 4).float()
    low, high = 0.9 * 100 - 25.5, 1.1 * 100 + 25.5
    assert low - 1 <= colours.min() < 85
    assert 115 < colours.max() <= high + 1


def test_rows_of_a_batch_are_changed_as_in_the_whole_batch():
    images = torch.randint(0, 256, (6, 3, 10, 10), dtype=torch.uint8)
    changes = draw(Augmentation(crop=(0.7, 1.1), rotate=20, colour=0.2), 6, generator(1))
    whole = change(images, changes, 8)
    assert torch.equal(change(images[2:4], changes.rows(2, 4), 8), whole[2:4])
