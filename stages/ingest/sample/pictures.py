"""Small pictures as small files: 64 pixels, flattened on white, with a palette where that saves bytes.

The sample's pictures are icons, and thousands of them live in git: at 64 pixels with 64 colours they take
about a kilobyte each, at a peak signal-to-noise ratio of 36 dB (Noto's gradients) to 48 dB (OpenMoji's flat
areas).
"""

import io

from PIL import Image

SIDE = 64  # pixels
COLOURS = 64  # of a palette
_DPI = 96.0  # pixels of a CSS inch: sizes in points or millimetres need it


def draw(svg: str, width: int, height: int | None = None) -> Image.Image:
    """Render an SVG at a fixed width; the height follows from its shape unless it is given.

    Fonts are not loaded, so that the picture does not depend on those of the machine.

    Raises:
        ValueError: it is no SVG, or has no size.
    """
    import resvg_py  # noqa: PLC0415 - needed only to build the sample

    content = resvg_py.svg_to_bytes(
        svg_string=svg, width=width, height=height, dpi=_DPI, skip_system_fonts=True
    )
    return Image.open(io.BytesIO(bytes(content)))


def flatten(image: Image.Image) -> Image.Image:
    """Lay an image on white, which most of its kind are drawn for."""
    rgba = image.convert("RGBA")
    white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, rgba).convert("RGB")


def encode(image: Image.Image) -> bytes:
    """The smaller of two PNGs: all colours, or a palette."""
    palette = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    return min((_png(image), _png(palette)), key=len)


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
