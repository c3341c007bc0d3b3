"""Which script a text is written in, and which scripts a language is written in."""

import unicodedata
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from stages.score.subjects import Caption

_JAPANESE = frozenset({"HIRAGANA", "KATAKANA", "CJK"})
_BY_SCRIPT = {
    "LATIN": "af az bs ca cs cy da de en eo es et eu fi fr ga gl ha hr hu id is it lt lv ms mt nb nl nn no "
    "pl pt ro sk sl so sq sv sw tl tr uz vi xh yo zu",
    "CYRILLIC": "be bg kk ky mk mn ru tg tt uk",
    "ARABIC": "ar fa ps ug ur",
    "DEVANAGARI": "hi mr ne sa",
    "HEBREW": "he yi",
    "CJK": "yue zh",
    "BENGALI": "as bn",
}
_BY_LANGUAGE = {
    "am": frozenset({"ETHIOPIC"}),
    "el": frozenset({"GREEK"}),
    "gu": frozenset({"GUJARATI"}),
    "hy": frozenset({"ARMENIAN"}),
    "ja": _JAPANESE,
    "ka": frozenset({"GEORGIAN"}),
    "km": frozenset({"KHMER"}),
    "kn": frozenset({"KANNADA"}),
    "ko": frozenset({"HANGUL", "CJK"}),
    "lo": frozenset({"LAO"}),
    "ml": frozenset({"MALAYALAM"}),
    "my": frozenset({"MYANMAR"}),
    "pa": frozenset({"GURMUKHI", "ARABIC"}),
    "si": frozenset({"SINHALA"}),
    "sr": frozenset({"CYRILLIC", "LATIN"}),
    "ta": frozenset({"TAMIL"}),
    "te": frozenset({"TELUGU"}),
    "th": frozenset({"THAI"}),
}
SCRIPTS_OF = _BY_LANGUAGE | {
    language: frozenset({name}) for name, languages in _BY_SCRIPT.items() for language in languages.split()
}
"""Scripts by the primary language subtag of BCP 47. A language that is not here is never called a misfit."""


class Script(NamedTuple):
    """The script of most letters, and whether the declared language is written in it; None if not known."""

    script: str | None
    script_fits: bool | None


def script(caption: Caption) -> Script:
    """Name the script, and compare it with the language that the corpus declares."""
    found = dominant_script(caption.text)
    return Script(found, fits(found, caption.language))


def dominant_script(text: str) -> str | None:
    """The script of most letters (`LATIN`, `CYRILLIC`, `CJK`), the first in the alphabet on a tie.

    None if there are no letters.
    """
    counts = Counter(_script(character) for character in text if character.isalpha())
    return min(counts, key=lambda name: (-counts[name], name)) if counts else None


def fits(found: str | None, language: str) -> bool | None:
    """Whether the language is written in the script; None if the script or the language is not known."""
    scripts = SCRIPTS_OF.get(language.split("-", maxsplit=1)[0].lower())
    return None if found is None or scripts is None else found in scripts


@lru_cache(maxsize=1 << 16)
def _script(character: str) -> str:
    """The first word of a letter's Unicode name, which is its script for all but a few letters."""
    return unicodedata.name(character, "UNKNOWN").split()[0].split("-")[0]
