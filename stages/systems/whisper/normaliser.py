"""Texts are compared after their case, punctuation and spacing are levelled, in any language.

Source: Radford et al. 2022, appendix C, the steps for languages other than English.
"""

import unicodedata

_LEVELLED = ("M", "S", "P")  # Unicode categories: marks that did not compose, symbols, punctuation


def normalise(text: str) -> str:
    """Lower case, composed characters, no punctuation or symbols, single spaces."""
    composed = unicodedata.normalize("NFKC", text.lower())
    kept = (" " if unicodedata.category(character)[0] in _LEVELLED else character for character in composed)
    return " ".join("".join(kept).split())
