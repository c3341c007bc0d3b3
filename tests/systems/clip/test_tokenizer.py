"""The tokenizer's layout, its determinism, and what hostile texts do to it."""

from collections import Counter
from itertools import pairwise

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from stages.systems.clip.tokenizer import Tokenizer, clean, learn_merges

TEXTS = [
    "smiling face",
    "smiling cat face",
    "sad face",
    "a cat smiling",
    "flag: Åland Islands",
    "boat's sail",
] * 3
VOCABULARY = 560


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer(learn_merges(TEXTS, VOCABULARY), VOCABULARY, context=12)


def slow_merges(texts: list[str], count: int) -> list[tuple[str, str]]:
    """The definition: count all pairs anew before each merge."""
    counts = Counter(word for text in texts for word in regex.findall(r"[\p{L}]+", clean(text)))
    words = [([*word[:-1], word[-1] + "</w>"], times) for word, times in counts.items()]
    merges = []
    for _ in range(count):
        pairs: Counter = Counter()
        for symbols, times in words:
            for pair in pairwise(symbols):
                pairs[pair] += times
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        merges.append(best)
        for symbols, _times in words:
            position = 0
            while position < len(symbols) - 1:
                if (symbols[position], symbols[position + 1]) == best:
                    symbols[position : position + 2] = ["".join(best)]
                position += 1
    return merges


def test_ids_stand_between_start_and_end_and_the_end_is_the_largest(tokenizer: Tokenizer):
    ids = tokenizer.ids("smiling cat")
    assert (ids[0], ids[-1]) == (VOCABULARY - 2, VOCABULARY - 1)
    assert max(ids[:-1]) < ids[-1]


def test_frequent_words_become_one_token(tokenizer: Tokenizer):
    assert len(tokenizer.ids("smiling face")) == 4


def test_single_bytes_have_the_published_ids(tokenizer: Tokenizer):
    assert tokenizer.ids("!")[1:-1] == [256]  # the first printable byte, at the end of a word
    assert tokenizer.ids("!?")[1:-1] == [0, 256 + 30]
    assert tokenizer.ids("3d")[1:-1] == [256 + 18, 256 + 67]  # a digit is always a word of its own


def test_case_spaces_entities_and_broken_encodings_do_not_matter(tokenizer: Tokenizer):
    expected = tokenizer.ids("cat & café")
    assert tokenizer.ids("  CAT\n&amp;amp;   cafÃ© ") == expected


def test_a_batch_is_as_wide_as_its_longest_text(tokenizer: Tokenizer):
    batch = tokenizer(["cat", "smiling cat face"])
    assert batch.shape == (2, 5)
    assert batch[0].tolist() == [*tokenizer.ids("cat"), 0, 0]


def test_an_overlong_text_keeps_its_end(tokenizer: Tokenizer):
    ids = tokenizer.ids("cat " * 10_000)
    assert len(ids) == tokenizer.context
    assert ids[-1] == tokenizer.end


def test_an_empty_text_is_start_and_end(tokenizer: Tokenizer):
    assert tokenizer.ids("") == [tokenizer.start, tokenizer.end]


def test_no_texts_are_refused(tokenizer: Tokenizer):
    with pytest.raises(ValueError, match="no texts"):
        tokenizer([])


def test_merges_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        Tokenizer([("a", "b")], vocabulary=514, context=8)


@given(st.lists(st.text(alphabet="abc ", max_size=12), max_size=12))
def test_merges_are_those_of_the_definition(texts: list[str]):
    assert learn_merges(texts, 512 + 2 + 15) == slow_merges(texts, 15)


@given(st.permutations(TEXTS))
def test_merges_do_not_depend_on_the_order_of_texts(texts: list[str]):
    assert learn_merges(texts, VOCABULARY) == learn_merges(TEXTS, VOCABULARY)


@given(st.text())
def test_any_text_has_ids_within_the_vocabulary(text: str):
    tokenizer = Tokenizer([], 514, context=16)
    ids = tokenizer.ids(text)
    assert 2 <= len(ids) <= 16
    assert all(0 <= number < 512 for number in ids[1:-1])
