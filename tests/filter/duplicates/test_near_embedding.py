"""Embeddings near to each other are found with the recall that theory predicts, and others are kept."""

import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.filter.duplicates.near_embedding import NearEmbedding
from tests.filter.duplicates.reference import greedy
from tests.filter.material import picture_row, table
from tests.filter.runs import drops

NUMBERS = 64


def at_cosine(dice: np.random.Generator, vector: np.ndarray, cosine: float) -> np.ndarray:
    """A unit vector of that cosine to another."""
    other = dice.normal(size=len(vector))
    other -= other @ vector * vector
    return cosine * vector + np.sqrt(1 - cosine**2) * other / np.linalg.norm(other)


def unit(dice: np.random.Generator) -> np.ndarray:
    vector = dice.normal(size=NUMBERS)
    return vector / np.linalg.norm(vector)


def test_pairs_are_found_with_the_recall_that_theory_predicts(tmp_path: Path) -> None:
    """At a cosine of .91, 64 codes of 24 signs propose nine in ten; the bound is four standard deviations."""
    dice = np.random.default_rng(4)
    rows, cosine = [], 0.91
    for number in range(400):
        vector = unit(dice)
        for name, each in {"a": vector, "b": at_cosine(dice, vector, cosine)}.items():
            rows.append(picture_row(f"{number:03d}-{name}", embedding=each.tolist()))
    found = drops(tmp_path, NearEmbedding(cosine=0.905), table(*rows))
    chance = 1 - (1 - (1 - np.arccos(cosine) / np.pi) ** 24) ** 64
    assert all(kept == key.replace("b", "a") for key, kept in found.items())
    assert 0.8 < chance < 0.97
    assert abs(len(found) - 400 * chance) < 4 * np.sqrt(400 * chance * (1 - chance))


def test_what_is_beyond_the_cosine_or_has_no_embedding_is_kept(tmp_path: Path) -> None:
    dice = np.random.default_rng(5)
    vector = unit(dice)
    rows = [
        picture_row("a", embedding=vector.tolist()),
        picture_row("b", embedding=at_cosine(dice, vector, 0.999).tolist()),
        picture_row("c", embedding=at_cosine(dice, vector, 0.94).tolist()),
        picture_row("d", embedding=vector.tolist(), source="other"),
        picture_row("e", embedding=None),
        picture_row("f", embedding=None),
    ]
    assert drops(tmp_path / "one", NearEmbedding(), table(*rows)) == {"b": "a"}
    across = NearEmbedding(across_sources=True)
    assert drops(tmp_path / "all", across, table(*rows)) == {"b": "a", "d": "a"}


def alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(np.dot(one["embedding"], other["embedding"]) >= 0.95)


@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_answer_is_that_of_comparing_all_with_all_in_any_order(
    angles: list[int], random_order: random.Random
) -> None:
    """Steps of 8 degrees on a circle: cosines of .99 and .961 are alike, of .914 not."""
    base = np.eye(NUMBERS)[:2]
    turned = [np.deg2rad(8 * angle) for angle in angles]
    rows = [
        picture_row(f"{key:02d}", embedding=(np.cos(turn) * base[0] + np.sin(turn) * base[1]).tolist())
        for key, turn in enumerate(turned)
    ]
    expected = greedy(rows, alike)
    random_order.shuffle(rows)
    with tempfile.TemporaryDirectory() as folder:
        assert drops(Path(folder), NearEmbedding(cosine=0.95), table(*rows)) == expected
