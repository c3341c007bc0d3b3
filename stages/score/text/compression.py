"""How well a text compresses: loops and lists of keywords do so too well.

Source: Radford et al., 2022, section 4.5: a gzip compression ratio above 2.4 is a sign of a loop.
"""

from typing import NamedTuple

import pyarrow as pa

from stages.score.subjects import Caption

_GZIP_WRAPPING = 12  # bytes that gzip's header and trailer add over zlib's


class Compression(NamedTuple):
    """`compression`: bytes of UTF-8 over zlib-compressed bytes; 0 for no text."""

    compression: float


def compression(caption: Caption) -> Compression:
    """Compress by Arrow's own zlib, whose length is the same on every machine: Python's may be zlib-ng."""
    content = caption.text.encode(errors="surrogatepass")
    if not content:
        return Compression(0.0)
    compressed = pa.compress(content, codec="gzip", asbytes=True)
    return Compression(round(len(content) / (len(compressed) - _GZIP_WRAPPING), 4))
