"""The form in which texts are compared: what a reader would call the same text."""

import unicodedata


def normalised(text: str) -> str:
    """Compatibility form, case-folded, with everything but letters, marks and digits as single spaces.

    A text of nothing but other signs stays as it is, so that "?" and "!" are not the same text.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.translate(_KEPT).split()) or text.strip()


class _Kept(dict[int, int]):
    """Letters, marks and digits to themselves and all else to a space; each code point is looked up once."""

    def __missing__(self, point: int) -> int:
        self[point] = point if unicodedata.category(chr(point))[0] in "LMN" else ord(" ")
        return self[point]


_KEPT = _Kept()
