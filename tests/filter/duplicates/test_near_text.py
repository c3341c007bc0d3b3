"""Near texts are found with the recall that theory predicts, and one sentence a thousand times is cheap."""

import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.filter.duplicates.near_text import NearText
from stages.filter.shingles import jaccard
from tests.filter.duplicates.reference import greedy
from tests.filter.material import table, text_row
from tests.filter.runs import drops, in_database

TEXT = "red box blue sea tall tree old man with three small dogs near the river at dawn under grey skies"
WORDS = TEXT.split()


def test_near_texts_are_found_and_short_ones_left_alone(tmp_path: Path) -> None:
    rows = table(
        text_row("c", text=TEXT, words=20),
        text_row("b", text=TEXT.upper() + "!", words=20),
        text_row("a", text=" ".join(reversed(WORDS)), words=20),
        text_row("d", text=TEXT, words=7),
    )
    assert drops(tmp_path, NearText(words=8), rows) == {"c": "b"}


def test_texts_of_different_sources_are_compared_on_request(tmp_path: Path) -> None:
    rows = table(text_row("a", text=TEXT, words=20), text_row("b", text=TEXT, words=20, source="other"))
    assert drops(tmp_path / "one", NearText(), rows) == {}
    assert drops(tmp_path / "all", NearText(across_sources=True), rows) == {"b": "a"}


def altered(dice: random.Random, words: list[str], count: int) -> list[str]:
    changed = list(words)
    for place in dice.sample(range(len(words)), count):
        changed[place] = f"other{dice.randrange(1000)}"
    return changed


def planted(pairs: int, changes: int) -> tuple[list[dict[str, Any]], np.ndarray]:
    """Pairs of texts, the second with some words changed; and how similar they are."""
    dice = random.Random(7)
    rows = []
    for number in range(pairs):
        words = [f"{dice.choice(WORDS)}{dice.randrange(100)}" for _ in range(30)]
        for name, text in {"a": words, "b": altered(dice, words, changes)}.items():
            rows.append(text_row(f"{number:03d}-{name}", text=" ".join(text), words=30))
    texts = [row["text"] for row in rows]
    return rows, jaccard(texts[::2], texts[1::2])


def test_planted_texts_are_found_with_the_recall_that_theory_predicts(tmp_path: Path) -> None:
    """Of pairs of about .6, 20 bands of 5 propose four in five; the bound is four standard deviations."""
    rows, similarities = planted(400, changes=5)
    wanted = similarities > 0.51
    chances = (1 - (1 - similarities**5) ** 20)[wanted]
    found = drops(tmp_path, NearText(similarity=0.51), table(*rows))
    assert all(kept == key.replace("b", "a") for key, kept in found.items())
    deviation = np.sqrt((chances * (1 - chances)).sum())
    assert 0.6 < chances.mean() < 0.9
    assert abs(len(found) - chances.sum()) < 4 * deviation


def alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(jaccard([one["text"]], [other["text"]])[0] >= 0.8)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), min_size=1, max_size=14),
    st.randoms(use_true_random=False),
)
def test_the_answer_is_that_of_comparing_all_with_all_in_any_order(
    facts: list[tuple[int, int]], dice: random.Random
) -> None:
    rows = [
        text_row(f"{key:02d}", text=" ".join([*WORDS[first : first + 12], f"number {last}"]), words=14)
        for key, (first, last) in enumerate(facts)
    ]
    expected = greedy(rows, alike)
    dice.shuffle(rows)
    with tempfile.TemporaryDirectory() as folder:
        assert drops(Path(folder), NearText(similarity=0.8), table(*rows)) == expected


def test_one_sentence_with_a_thousand_numbers_costs_no_thousand_thousand_pairs(tmp_path: Path) -> None:
    rows = [
        text_row(f"{number:04d}", text=f"{TEXT} and that was photograph number {number:04d}", words=26)
        for number in range(1000)
    ]
    comparison = NearText()
    with in_database(tmp_path, comparison, table(*rows)) as database:
        found = dict(comparison.drops(database, 0).fetchall())
        ((candidates,),) = database.execute("SELECT count(*) FROM near_candidates").fetchall()
    assert found == {f"{number:04d}": "0000" for number in range(1, 1000)}
    assert candidates < 50_000
