"""Extremes of pictures, each as a file that the web may send."""

import io

import pytest
from PIL import Image

from stages.core.features import CONTENT, IMAGE
from stages.core.images import decode_rgb
from stages.score import measures
from stages.score.subjects import Picture
from tests.score.material import drawing, png


def features(content: bytes) -> dict:
    return measures.measure_all(measures.IMAGE, Picture(decode_rgb(content)))


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def animation() -> bytes:
    frames = [drawing(colour=colour) for colour in ("red", "green", "blue")]
    return saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)


@pytest.mark.parametrize(
    ("content", "width", "colours"),
    [
        (png(Image.new("RGB", (1, 1))), 1, 1),
        (png(Image.new("L", (5, 1), 9)), 5, 1),
        (png(Image.new("1", (9, 9))), 9, 1),
        (png(Image.new("I;16", (3, 3), 40_000)), 3, 1),
        (png(drawing().quantize(4)), 32, 2),
        (png(Image.new("LA", (4, 4), (0, 128))), 4, 1),
        (saved(Image.new("CMYK", (8, 8)), "JPEG"), 8, 1),
        (animation(), 32, 2),
        (png(Image.new("RGB", (4000, 1), "red")), 4000, 1),
    ],
    ids=["1x1", "grey", "bilevel", "16 bit", "palette", "grey with alpha", "cmyk", "animated", "a line"],
)
def test_all_features_are_there(content: bytes, width: int, colours: int) -> None:
    found = features(content)
    assert set(found) == {name for name, _ in (*IMAGE, *CONTENT)} - {"bytes"}
    assert (found["width"], found["colours"]) == (width, colours)
    assert 0 <= found["entropy"] <= 8
    assert 0 < found["main_colour"] <= 1
    assert 0 <= found["dhash"] < 1 << 64
    assert len(found["palette"]) == 192


def test_of_an_animation_the_first_frame_counts() -> None:
    assert features(animation())["content"] == features(png(drawing(colour="red")))["content"]


def test_transparency_counts_as_white() -> None:
    layer = Image.new("RGBA", (32, 24), (0, 0, 0, 0))
    layer.paste((255, 0, 0, 255), (4, 4, 20, 16))
    assert features(png(layer)) == features(png(drawing((32, 24))))


def test_one_pixel_makes_another_content() -> None:
    image = drawing()
    image.putpixel((0, 0), (254, 255, 255))
    assert features(png(image))["content"] != features(png(drawing()))["content"]
