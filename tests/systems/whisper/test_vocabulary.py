"""The published vocabularies are the published ones, byte by byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.errors import BadDataError
from stages.systems.whisper.tokenizer import Tokenizer
from tests.systems.whisper import golden

PUBLISHED = golden.read("tokenizer")
TOKENIZERS = {name: Tokenizer.published(facts["n_vocab"]) for name, facts in PUBLISHED.items()}


@pytest.mark.parametrize("name", PUBLISHED)
def test_texts_have_the_published_ids(name):
    tokenizer, facts = TOKENIZERS[name], PUBLISHED[name]
    assert {text: tokenizer.encode(text) for text in facts["encode"]} == facts["encode"]
    assert list(tokenizer.annotations) == facts["non_speech_tokens"]
    assert tokenizer.special.opening("en", "transcribe") == facts["sot_sequence"]


@pytest.mark.parametrize("name", PUBLISHED)
def test_words_are_the_published_ones(name):
    tokenizer, facts = TOKENIZERS[name], PUBLISHED[name]
    for kind in (kind for kind in facts if kind.startswith("words")):
        language = kind.partition("_")[2] or "en"
        for text, (words, groups) in facts[kind].items():
            assert tokenizer.split_words(tokenizer.encode(text), language) == (words, groups)


@given(st.text())
def test_any_text_survives(text):
    for tokenizer in TOKENIZERS.values():
        assert tokenizer.decode(tokenizer.encode(text)) == text


@given(st.text(max_size=40), st.sampled_from(["en", "ja"]))
def test_words_together_are_the_text(text, language):
    tokenizer = next(iter(TOKENIZERS.values()))
    tokens = tokenizer.encode(text)
    words, groups = tokenizer.split_words(tokens, language)
    assert "".join(words) == text
    assert [token for group in groups for token in group] == tokens


def test_a_published_tokeniser_is_found_again_by_its_name():
    for tokenizer in TOKENIZERS.values():
        again = Tokenizer.from_json(tokenizer.to_json())
        assert (again.special, again.encode(" So it goes.")) == (
            tokenizer.special,
            tokenizer.encode(" So it goes."),
        )


def test_another_size_is_refused():
    with pytest.raises(BadDataError, match="51865"):
        Tokenizer.published(1000)
