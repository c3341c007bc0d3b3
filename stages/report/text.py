"""Words and numbers as the page prints them.

Captions come from the web. The template engine escapes markup; what is left to mend here are characters that
have no business in a document (control characters, lone surrogates) or that would turn the text around it.
"""

import math
import re

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DIRECTION = re.compile(r"[\u202a-\u202e\u2066-\u2069]")  # embeddings, overrides, isolates
_SPELLED = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MINUS, _THIN_SPACE = "\N{MINUS SIGN}", "\N{NARROW NO-BREAK SPACE}"


def clean(text: str) -> str:
    """Text with a replacement character for each character that cannot be shown or that redirects others."""
    return _DIRECTION.sub(_REPLACEMENT, _CONTROL.sub(_REPLACEMENT, text))


def count(value: float) -> str:
    """A whole number with thin spaces between the thousands: 12345 is `12 345`."""
    return f"{int(value):,}".replace(",", _THIN_SPACE)


def spelled(value: int) -> str:
    """A small whole number as prose has it: 2 is `two`; from eleven on in figures."""
    return _SPELLED[value] if 0 <= value < len(_SPELLED) else count(value)


def number(value: float | None) -> str:
    """A measured number with three significant digits, or a dash for a hole."""
    if value is None:
        return "\N{EN DASH}"
    if not math.isfinite(value):
        return "not finite"
    if value == int(value):
        text = count(abs(value))
    elif 1e-4 <= abs(value) < 1e6:
        text = f"{abs(value):.{_decimals(abs(value))}f}"
    else:
        mantissa, _, exponent = f"{abs(value):.1e}".partition("e")
        text = f"{mantissa}×10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    return (_MINUS if value < 0 else "") + text


def tick(value: float) -> str:
    """A round number on an axis, no longer than it must be."""
    return f"{value:g}".replace("-", _MINUS) if abs(value) < 10_000 else count(value)


def percent(share: float) -> str:
    """A share in [0, 1] as per cent, with a decimal near both ends; almost all is never 100 %."""
    if 0 < share < 0.001:
        return f"< 0.1{_THIN_SPACE}%"
    if 0.999 < share < 1:
        return f"> 99.9{_THIN_SPACE}%"
    return f"{100 * share:.{0 if 0.1 <= share <= 0.99 or share in (0, 1) else 1}f}{_THIN_SPACE}%"


def words(name: str) -> str:
    """A machine's name for a person: `near_duplicate` is `near duplicate`."""
    return name.replace("_", " ").replace("/", " · ")


def _decimals(value: float) -> int:
    """Decimals that show three digits or so, and the same number of them where numbers stand in a column."""
    if value >= 100:
        return 0
    if value >= 10:
        return 1
    if value >= 1:
        return 2
    return 3 if value >= 0.01 else 4 if value >= 0.001 else 5
