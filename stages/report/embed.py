"""Pictures, sound and figures as data URIs, within the weight that a page may have."""

import base64
import io

from PIL import Image

_TYPES = {
    "flac": "audio/flac",
    "jpg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
}
IMAGES = ("jpg", "png", "webp")

_THUMBNAIL = 192  # pixels of the longer side
_LARGEST_IMAGE = 24_000  # bytes; anything larger is shown as a thumbnail
_THUMBNAIL_QUALITY = 85  # JPEG


class Budget:
    """How many bytes may still be embedded; what does not fit is left out and said to be."""

    def __init__(self, size: int) -> None:
        self.left = size

    def take(self, content: bytes, extension: str) -> str | None:
        """The content as a data URI, or None if the page would become too heavy."""
        uri = data_uri(content, extension)
        if len(uri) > self.left:
            return None
        self.left -= len(uri)
        return uri


def data_uri(content: bytes, extension: str) -> str:
    """A file's content as a link that needs no request."""
    return f"data:{_TYPES[extension]};base64,{base64.b64encode(content).decode()}"


def thumbnail(content: bytes, extension: str) -> tuple[bytes, str]:
    """A picture small enough to embed: the content itself if it is, else a JPEG of at most 192 pixels.

    The samples were decoded and bounded when they were ingested, so the bytes are a picture of known size.
    """
    if len(content) <= _LARGEST_IMAGE:
        return content, extension
    with Image.open(io.BytesIO(content)) as picture:
        picture.thumbnail((_THUMBNAIL, _THUMBNAIL))
        alpha = picture.convert("RGBA")
    flat = Image.new("RGB", alpha.size, "white")
    flat.paste(alpha, mask=alpha.getchannel("A"))
    buffer = io.BytesIO()
    flat.save(buffer, "JPEG", quality=_THUMBNAIL_QUALITY)
    return buffer.getvalue(), "jpg"
