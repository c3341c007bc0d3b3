"""The form in which texts are compared: what a reader would call the same text."""

import unicodedata


def normalised(text: str) -> str:
    """Compatibility form, case-folded, with everything but letters, marks and digits as single spaces.

    A text of nothing but other signs stays as it is, so that "?" and "!" are not the same text.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = (character if unicodedata.category(character)[0] in "LMN" else " " for character in folded)
    return " ".join("".join(kept).split()) or text.strip()
