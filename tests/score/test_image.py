"""Features of pictures, on drawings whose answer can be counted."""

import io

import pytest
from PIL import Image, ImageOps

from stages.core.features import CONTENT, IMAGE
from stages.core.safety import BadItemError
from stages.score.image import difference_hash, entropy, image_features, palette
from tests.score.material import drawing, png


def test_a_red_box_on_white() -> None:
    features = image_features(png(drawing((32, 24))))
    assert set(features) <= {name for name, _ in (*IMAGE, *CONTENT)}
    assert (features["width"], features["height"], features["aspect"]) == (32, 24, 1.3333)
    assert features["colours"] == 2
    assert features["main_colour"] == 0.75  # 16 x 12 of 32 x 24 are red
    assert features["entropy"] == pytest.approx(0.8113, abs=1e-4)


def test_transparency_counts_as_white() -> None:
    layer = Image.new("RGBA", (32, 24), (0, 0, 0, 0))
    layer.paste((255, 0, 0, 255), (4, 4, 20, 16))
    assert image_features(png(layer)) == image_features(png(drawing((32, 24))))


def test_formats_without_loss_have_the_same_content() -> None:
    file = io.BytesIO()
    drawing().save(file, "WEBP", lossless=True)
    assert image_features(file.getvalue())["content"] == image_features(png(drawing()))["content"]


def test_one_pixel_makes_another_content() -> None:
    image = drawing()
    image.putpixel((0, 0), (254, 255, 255))
    assert image_features(png(image))["content"] != image_features(png(drawing()))["content"]


@pytest.mark.parametrize(
    ("histogram", "bits"), [([5], 0.0), ([1, 1], 1.0), ([3] * 256, 8.0), ([0, 7, 0], 0.0)]
)
def test_entropy_in_bits(histogram: list[int], bits: float) -> None:
    assert entropy(histogram) == pytest.approx(bits)


def test_the_difference_hash_survives_scaling_and_not_mirroring() -> None:
    gradient = Image.linear_gradient("L").rotate(90)
    assert difference_hash(gradient) == difference_hash(gradient.resize((64, 48)))
    assert {difference_hash(gradient), difference_hash(ImageOps.mirror(gradient))} == {0, (1 << 64) - 1}


def test_the_palette_sees_what_the_hash_does_not() -> None:
    red, blue = drawing(colour="#ff0000"), drawing(colour="#0000ff")
    assert difference_hash(red) == difference_hash(blue)
    assert len(palette(red)) == 192
    assert palette(red) != palette(blue)


@pytest.mark.parametrize("content", [b"", b"no picture", png(drawing((200, 200)))[:150]])
def test_what_does_not_decode_is_a_bad_item(content: bytes) -> None:
    with pytest.raises(BadItemError):
        image_features(content)
