"""What near duplicates share."""

import io

from PIL import Image, ImageOps

from stages.score.image.perceptual_hash import difference_hash, mosaic
from tests.score.material import drawing


def test_the_difference_hash_survives_scaling_and_not_mirroring() -> None:
    gradient = Image.linear_gradient("L").rotate(90)
    assert difference_hash(gradient) == difference_hash(gradient.resize((64, 48)))
    assert {difference_hash(gradient), difference_hash(ImageOps.mirror(gradient))} == {0, (1 << 64) - 1}


def test_the_difference_hash_survives_jpeg() -> None:
    image = Image.radial_gradient("L").convert("RGB")
    file = io.BytesIO()
    image.save(file, "JPEG", quality=60)
    assert (difference_hash(image) ^ difference_hash(Image.open(file))).bit_count() <= 2


def test_the_mosaic_sees_what_the_hash_does_not() -> None:
    red, blue = drawing(colour="#ff0000"), drawing(colour="#0000ff")
    assert difference_hash(red) == difference_hash(blue)
    assert len(mosaic(red)) == 192
    assert mosaic(red) != mosaic(blue)
