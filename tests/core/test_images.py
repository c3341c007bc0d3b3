"""Images keep their bytes where they can, and become bounded, upright and opaque where they must."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from stages.core.images import decode_rgb, measure, prepare
from stages.core.safety import BadItemError

LIMIT = 10_000


def image_bytes(form: str, size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: object) -> bytes:
    pixels = np.random.default_rng(0).bytes(size[0] * size[1] * len(mode))
    file = io.BytesIO()
    Image.frombytes(mode, size, pixels).save(file, form, **options)
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that announces its size, and whose pixels would follow."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + body
        + struct.pack(">I", zlib.crc32(body))
        + b"\x00\x00\x01\x00IDAT"
    )


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize(("form", "extension"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp")])
def test_what_fits_keeps_its_bytes(form: str, extension: str) -> None:
    content = image_bytes(form)
    picture = prepare(content, LIMIT, long_side=40)
    assert picture.content == content
    assert (picture.extension, picture.width, picture.height) == (extension, 40, 20)


@pytest.mark.parametrize(("form", "extension"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp")])
def test_a_header_alone_tells_form_and_size(form: str, extension: str) -> None:
    content = image_bytes(form)
    picture = measure(content, LIMIT)
    assert (picture.content, picture.extension) == (content, extension)
    assert (picture.width, picture.height) == (40, 20)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (image_bytes("GIF"), "unkept_format"),
        (image_bytes("PNG", (200, 51)), "too_many_pixels"),
        (png_header(50_000, 50_000), "too_many_pixels"),
        (b"no image", "unknown_format"),
    ],
)
def test_a_header_out_of_bounds_is_named(content: bytes, reason: str) -> None:
    with pytest.raises(BadItemError, match=reason):
        measure(content, LIMIT)


@pytest.mark.parametrize("form", ["GIF", "BMP"])
def test_other_formats_become_jpeg(form: str) -> None:
    picture = prepare(image_bytes(form), LIMIT)
    assert (picture.extension, opened(picture.content).format) == ("jpg", "JPEG")


@pytest.mark.parametrize(
    ("bounds", "size"),
    [
        ({"long_side": 20}, (20, 10)),
        ({"short_side": 10}, (20, 10)),
        ({"short_side": 10, "long_side": 8}, (8, 4)),
    ],
)
def test_sides_are_reduced_to_their_bounds(bounds: dict[str, int], size: tuple[int, int]) -> None:
    picture = prepare(image_bytes("PNG"), LIMIT, **bounds)
    assert (picture.width, picture.height) == size == opened(picture.content).size


def test_a_very_long_image_keeps_a_pixel() -> None:
    assert prepare(image_bytes("PNG", (1000, 1)), LIMIT, long_side=10).height == 1


def test_an_animation_gives_its_first_frame() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    picture = prepare(file.getvalue(), LIMIT)
    red, green, blue = opened(picture.content).getpixel((4, 4))  # type: ignore[misc]
    assert red > 200
    assert green < 50
    assert blue < 50


def test_a_rotated_photograph_is_set_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = image_bytes("JPEG", exif=exif)
    assert decode_rgb(content).size == (20, 40)
    assert prepare(content, LIMIT).content != content
    assert opened(prepare(content, LIMIT).content).size == (20, 40)


def test_what_is_transparent_lies_on_white() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(file, "PNG")
    assert decode_rgb(file.getvalue()).getpixel((0, 0)) == (255, 255, 255)
    half = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 128)).save(half, "PNG")
    assert decode_rgb(half.getvalue()).getpixel((0, 0)) == (127, 127, 127)


def test_a_palette_with_a_transparent_colour_lies_on_white() -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([255, 0, 0] + [0] * 765)
    file = io.BytesIO()
    image.save(file, "PNG", transparency=0)
    assert decode_rgb(file.getvalue()).getpixel((0, 0)) == (255, 255, 255)


def test_sixteen_bit_grey_is_scaled_and_not_clipped() -> None:
    file = io.BytesIO()
    Image.fromarray(np.full((4, 4), 0x8000, np.uint16)).save(file, "PNG")
    assert decode_rgb(file.getvalue()).getpixel((0, 0)) == (128, 128, 128)


@pytest.mark.filterwarnings("error::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(50_000, 50_000), (200, 51), (20_000, 5_000)])
def test_too_many_pixels_are_refused_by_the_header_alone(size: tuple[int, int]) -> None:
    for read in (prepare, decode_rgb):
        with pytest.raises(BadItemError, match="too_many_pixels"):
            read(png_header(*size), LIMIT)


@pytest.mark.parametrize("content", [b"", b"x", b"<html>", b"\x00" * 100, b"RIFF" + b"\x00" * 60])
def test_what_is_no_image_is_named(content: bytes) -> None:
    with pytest.raises(BadItemError, match="unknown_format"):
        prepare(content, LIMIT)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_a_truncated_image_is_named(form: str) -> None:
    content = image_bytes(form, (60, 60))
    with pytest.raises(BadItemError, match=r"bad_image|unknown_format"):
        prepare(content[: len(content) // 2], LIMIT)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP"]), st.data())
def test_damage_is_an_error_of_the_item_and_nothing_else(form: str, data: st.DataObject) -> None:
    content = bytearray(image_bytes(form))
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        picture = prepare(bytes(content), LIMIT, long_side=32)
    except BadItemError:
        return
    assert opened(picture.content).size == (picture.width, picture.height)


def test_encoding_is_the_same_bytes_each_time() -> None:
    content = image_bytes("PNG", (64, 64), "RGBA")
    assert prepare(content, LIMIT, long_side=30).content == prepare(content, LIMIT, long_side=30).content


def photo(size: tuple[int, int], turn: int = 1) -> bytes:
    """A JPEG of smooth colours, with an EXIF orientation."""
    corners = np.array([[[250, 20, 20], [20, 250, 20]], [[20, 20, 250], [240, 240, 240]]], np.uint8)
    image = Image.fromarray(corners).resize(size, Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x0112] = turn
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("side", [300, 160, 100, 37])
def test_reducing_while_decoding_shows_the_same_picture(turn: int, side: int) -> None:
    content = photo((320, 200), turn)
    picture = prepare(content, 100_000, long_side=side)
    upright = decode_rgb(content)
    reference = upright.resize((picture.width, picture.height), Image.Resampling.LANCZOS)
    assert max(picture.width, picture.height) == side
    assert (picture.width > picture.height) == (upright.width > upright.height)
    difference = np.abs(np.asarray(opened(picture.content), int) - np.asarray(reference, int))
    assert difference.mean() < 2.5
