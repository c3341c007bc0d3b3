"""Which strings of words are kept out of training, so that composing them is a test.

Both who composes utterances and who cuts and joins them in training ask here; a string that one of them held
out and the other trained on would make a measurement worthless.
"""

from stages.core.seeds import fraction

DEFAULT_FRACTION = 0.1


def is_reserved(language: str, text: str, share: float = DEFAULT_FRACTION) -> bool:
    """Whether a string belongs to the held-out part, by a hash of what it says and of nothing else.

    Args:
        language: BCP 47 code of the string.
        text: words separated by single spaces. A single word is never reserved: it is what strings are
            made of.
        share: of all strings, how many are reserved.
    """
    return " " in text and fraction(0, "reserved", language, text) < share
