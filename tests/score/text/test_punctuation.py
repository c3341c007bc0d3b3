"""Punctuation and pauses in any script."""

import pytest

from stages.score.subjects import Caption
from stages.score.text.punctuation import Punctuation, punctuation


def test_a_full_stop_is_no_pause() -> None:
    assert punctuation(Caption("Un, deux.", "fr")) == Punctuation(punctuation=0.25, pauses=1)


@pytest.mark.parametrize("text", ["a, b", "他来了，对吗", "مرحبا، نعم", "やあ、君", "¿Qué"])
def test_pauses_are_found_in_any_script(text: str) -> None:
    assert punctuation(Caption(text, "und")).pauses >= 1
