"""A hash of what a text says, by which equal texts are found however they are written."""

import hashlib
from typing import NamedTuple

from stages.core.texts import normalised
from stages.score.subjects import Caption


class Exact(NamedTuple):
    """`text_hash`: 128 bits of the normalised text."""

    text_hash: str


def exact(caption: Caption) -> Exact:
    """Hash the text without case, punctuation and surplus spaces."""
    return Exact(text_hash(caption.text))


def text_hash(text: str) -> str:
    """32 hexadecimal digits of the normalised text."""
    content = normalised(text).encode(errors="surrogatepass")
    return hashlib.blake2b(content, digest_size=16).hexdigest()
