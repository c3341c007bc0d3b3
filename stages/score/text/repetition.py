"""How often a text says the same again."""

from typing import NamedTuple

from stages.score.shares import share
from stages.score.subjects import Caption

_NGRAM = 3  # words


class Repetition(NamedTuple):
    """`repetition`: the share of word trigrams that occurred before in the text; 0 for fewer than 4 words."""

    repetition: float


def repetition(caption: Caption) -> Repetition:
    """Compare all trigrams with the distinct ones.

    Source: Rae et al., "Scaling Language Models" (Gopher), 2021, appendix A.1.1, who count characters in
    duplicate n-grams; we count the n-grams.
    """
    ngrams = list(zip(*(caption.words[start:] for start in range(_NGRAM)), strict=False))
    return Repetition(share(len(ngrams) - len(set(ngrams)), len(ngrams)))
