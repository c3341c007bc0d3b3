"""Similarities by hashes are those of the sets of strings."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.texts import normalised
from stages.filter.shingles import hashed_shingles, jaccard

texts = st.text(alphabet="ab Zé ,日本語🙂", max_size=30)


def shingles(text: str) -> set[str]:
    subject = normalised(text)
    return {subject[start : start + 5] for start in range(max(1, len(subject) - 4))}


@settings(max_examples=60)
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=6))
def test_similarity_is_that_of_the_sets_of_strings(pairs: list[tuple[str, str]]) -> None:
    ours, theirs = zip(*pairs, strict=True)
    expected = [len(shingles(a) & shingles(b)) / len(shingles(a) | shingles(b)) for a, b in pairs]
    assert np.allclose(jaccard(ours, theirs), expected)


@given(st.lists(texts, max_size=6))
def test_each_text_has_the_hashes_that_it_has_alone(many: list[str]) -> None:
    values, starts = hashed_shingles(many)
    parts = np.split(values, starts[1:]) if many else []
    assert all(
        np.array_equal(part, hashed_shingles([text])[0]) for part, text in zip(parts, many, strict=True)
    )
    assert all(len(part) == max(1, len(normalised(text)) - 4) for part, text in zip(parts, many, strict=True))
