"""Images of the web to something a model can read: bounded, upright, opaque, decodable.

The header is judged before a pixel is decoded. Arithmetic is Pillow's integer resampling and libjpeg's exact
integer transform, so that the same bytes come out on every machine. An image that is to become at most half
as wide is first reduced by a whole factor: a JPEG while it is decoded, by leaving out the higher frequencies
of its blocks, others by the mean of square cells. What then remains to the size that is wanted is Lanczos.
"""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from stages.core.safety import BadItemError

warnings.simplefilter("error", Image.DecompressionBombWarning)  # Pillow's own bound is a bound, not a hint

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")  # fewer decoders, fewer surprises
_KEPT = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}  # formats whose bytes may stay as they are
_ORIENTATION = 0x0112  # EXIF tag; 1 is upright
_QUARTER_TURNS = (5, 6, 7, 8)  # its values that exchange width and height
_JPEG_QUALITY = 95
_HOSTILE = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, OverflowError, MemoryError,
    struct.error, zlib.error, RuntimeError, NotImplementedError,
)  # fmt: skip # what Pillow's parsers raise on damaged or malicious files


@dataclass(frozen=True)
class Picture:
    """An image file that is known to decode.

    Attributes:
        content: the bytes, either the original's or a fresh JPEG's.
        extension: png, jpg or webp.
        width: pixels.
        height: pixels.
    """

    content: bytes
    extension: str
    width: int
    height: int


def prepare(
    content: bytes, max_pixels: int, short_side: int | None = None, long_side: int | None = None
) -> Picture:
    """Check an image and bring it within bounds; the original bytes stay if nothing has to change.

    Args:
        content: the whole file.
        max_pixels: width times height beyond which it is set aside, undecoded.
        short_side: pixels to which the shorter side is reduced, if it is longer.
        long_side: pixels to which the longer side is reduced, if it is longer.

    Raises:
        BadItemError: unknown format, damaged, truncated, or too many pixels.
    """
    try:
        with _open(content, max_pixels) as image:
            extension = _KEPT.get(image.format or "")
            size = _bounded_size(image.size, short_side, long_side)
            as_is = extension and size == image.size and not _is_animated(image) and _is_upright(image)
            if extension and as_is:
                image.load()
                return Picture(content, extension, *image.size)
            image.draft(None, size)  # of a JPEG, decodes a half, a quarter or an eighth, if that is enough
            if _is_on_its_side(image):
                size = size[1], size[0]
            upright = _to_rgb(image)
    except _HOSTILE as error:
        raise BadItemError("bad_image", str(error)) from error
    if size != upright.size:
        upright = upright.resize(size, Image.Resampling.LANCZOS, reducing_gap=1.0)
    file = io.BytesIO()
    upright.save(file, "JPEG", quality=_JPEG_QUALITY)
    return Picture(file.getvalue(), "jpg", *size)


def measure(content: bytes, max_pixels: int) -> Picture:
    """The same file with what its header says; no pixel is decoded.

    Raises:
        BadItemError: unknown format, one that is not kept, or too many pixels.
    """
    try:
        with _open(content, max_pixels) as image:
            if image.format not in _KEPT:
                raise BadItemError("unkept_format", f"{image.format} has to be encoded anew")
            return Picture(content, _KEPT[image.format], *image.size)
    except _HOSTILE as error:
        raise BadItemError("bad_image", str(error)) from error


def decode_rgb(content: bytes, max_pixels: int = 100_000_000) -> Image.Image:
    """Decode fully: upright by its EXIF orientation, its transparency on white, mode RGB.

    Raises:
        BadItemError: unknown format, damaged, truncated, or too many pixels.
    """
    try:
        with _open(content, max_pixels) as image:
            return _to_rgb(image)
    except _HOSTILE as error:
        raise BadItemError("bad_image", str(error)) from error


def _open(content: bytes, max_pixels: int) -> Image.Image:
    """Read the header only.

    Raises:
        BadItemError: the format is none of ours, or the header announces too many pixels.
    """
    try:
        image = Image.open(io.BytesIO(content), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadItemError("too_many_pixels", str(error)) from error
    except UnidentifiedImageError as error:
        raise BadItemError("unknown_format", f"first bytes {content[:4].hex(' ')}") from error
    if image.width * image.height > max_pixels:
        raise BadItemError("too_many_pixels", f"{image.width} x {image.height}, more than {max_pixels}")
    return image


def _is_animated(image: Image.Image) -> bool:
    return bool(getattr(image, "is_animated", False))


def _is_upright(image: Image.Image) -> bool:
    return bool(image.getexif().get(_ORIENTATION, 1) == 1)


def _is_on_its_side(image: Image.Image) -> bool:
    return bool(image.getexif().get(_ORIENTATION, 1) in _QUARTER_TURNS)


def _bounded_size(size: tuple[int, int], short_side: int | None, long_side: int | None) -> tuple[int, int]:
    """The size after shrinking to the bounds; never larger than it was, never below one pixel."""
    scale = min(
        1.0,
        short_side / min(size) if short_side else 1.0,
        long_side / max(size) if long_side else 1.0,
    )
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _to_rgb(image: Image.Image) -> Image.Image:
    """The first frame, upright, opaque, with 8 bits a channel."""
    image.load()
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # 16-bit grey, which Pillow would clip instead of scale
        upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
    if not upright.has_transparency_data:
        return upright.convert("RGB")
    colours = upright.convert("RGBA")
    canvas = Image.new("RGBA", colours.size, "white")
    return Image.alpha_composite(canvas, colours).convert("RGB")
