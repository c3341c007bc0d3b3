"""Which texts count as the same."""

from stages.score.subjects import Caption
from stages.score.text.exact import exact


def test_case_punctuation_and_spaces_do_not_matter() -> None:
    assert exact(Caption("Un kiwi, deux 3!", "fr")) == exact(Caption("un  KIWI deux 3", "en"))


def test_texts_without_letters_are_told_apart() -> None:
    assert len({exact(Caption(text, "und")) for text in ("?", "!", "", "?!")}) == 4
