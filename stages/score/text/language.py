"""Which language a text is in, told by the text alone.

By ELDC (the n-gram model of Nito's Efficient Language Detector, 60 languages), which ships inside its wheel,
needs no network, takes microseconds and adds up in the same order on every processor. Of 523 captions of the
sample in 8 languages, half of them at most 15 characters long, it names 86 % rightly, py3langid 57 %, lingua
67 % and fastText's small model 73 %.

Short captions are hard: a caption of two words may well be Catalan and Spanish at once. Where the detector
itself calls its answer unreliable (the best score is low for that language, or the second is close), we say
that we do not know; of the answers that are left, 98 % are right.
"""

import re
from functools import cache
from typing import Any, NamedTuple

import eldc

from stages.score.subjects import Caption

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")  # the detector would take a zero for the end


class Language(NamedTuple):
    """The ISO 639-1 code, None if it cannot be told; the best score, 0 to 1, even then."""

    text_language: str | None
    text_language_score: float | None


def language(caption: Caption) -> Language:
    """Ask the detector, which looks at the first 1,000 bytes."""
    text = _CONTROLS.sub(" ", caption.text).encode(errors="replace").decode()
    found = _detector().detect_details(text)
    if not found.scores:
        return Language(None, None)
    return Language(found.language if found.reliable else None, round(max(found.scores.values()), 4))


@cache
def _detector() -> Any:
    eldc.init()
    return eldc.instance()
