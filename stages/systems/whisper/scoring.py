"""Word and character error rates of whole sets."""

from collections.abc import Sequence
from dataclasses import dataclass

import jiwer

from stages.systems.whisper.normaliser import normalise


@dataclass(frozen=True)
class Rates:
    """Errors per word and per character of all references together, and the share without any."""

    wer: float
    cer: float
    exact: float


def error_rates(references: Sequence[str], hypotheses: Sequence[str]) -> Rates:
    """Compare normalised texts; references that are empty then are left out.

    Raises:
        ValueError: no reference is left, or the lengths differ.
    """
    both = zip(references, hypotheses, strict=True)
    pairs = [(normalise(reference), normalise(hypothesis)) for reference, hypothesis in both]
    pairs = [pair for pair in pairs if pair[0]]
    if not pairs:
        raise ValueError("no reference has any words")
    expected, found = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    exact = sum(reference == hypothesis for reference, hypothesis in pairs) / len(pairs)
    return Rates(float(jiwer.wer(expected, found)), float(jiwer.cer(expected, found)), exact)
