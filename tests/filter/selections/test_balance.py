"""Balance over a list: matches are MetaCLIP's, probabilities the paper's, caps never passed, draws a hash."""

import json
import math
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.errors import BadDataError
from stages.filter.base import Comparison
from stages.filter.pinned import PinnedFile
from stages.filter.selections.balance import MetadataBalance, QueryBalance
from stages.filter.selections.matching import read_entries
from tests.filter.material import pinned, table, text_row
from tests.filter.selections.asking import drops, matches

RULES = [(MetadataBalance, "threshold"), (QueryBalance, "pairs")]
SIGMAS = 4.5  # a binomial count is farther from its mean once in 150,000 times


def metadata(folder: Path, *entries: str) -> PinnedFile:
    folder.mkdir(exist_ok=True)
    path = folder / "metadata.txt"
    path.write_text("\n".join(entries) + "\n", encoding="utf-8")
    return PinnedFile.model_validate(pinned(path))


def rows(*texts: str, split: str | None = None) -> list[dict]:
    return [text_row(f"k{number:06d}", text=text, split=split) for number, text in enumerate(texts)]


def published(text: str, entries: list[str]) -> set[str]:
    """The entries of a text as MetaCLIP finds them: one search each."""
    text = f" {text} "
    for sign in ",.;:?!`":
        text = text.replace(sign, f" {sign} ")
    for space in "\t\n\r":
        text = text.replace(space, " ")
    return {entry for entry in entries if f" {entry} " in text}


ALPHABET = "ab ,.\n\té`'"
ENTRIES = st.lists(
    st.text("ab .é", min_size=1, max_size=5).map(str.strip).filter(bool), min_size=1, max_size=8, unique=True
)


@settings(max_examples=25, deadline=None)
@given(entries=ENTRIES, texts=st.lists(st.text(ALPHABET, max_size=20), min_size=1, max_size=20))
def test_matches_are_those_of_a_search_for_each_entry(
    tmp_path_factory: pytest.TempPathFactory, entries: list[str], texts: list[str]
) -> None:
    file = metadata(tmp_path_factory.mktemp("list"), *entries)
    found = matches(file, texts)
    expected = {(place, entry) for place, text in enumerate(texts) for entry in published(text, entries)}
    assert sorted((place, entry) for place, entry, _ in found) == sorted(expected)
    assert all(0 <= draw < 1 for _, _, draw in found)


def test_case_counts_unless_it_is_ignored(tmp_path: Path) -> None:
    file = metadata(tmp_path, "Paris")
    texts = table(*rows("in Paris", "in paris", "PARIS!"))
    assert drops(MetadataBalance(metadata=file, threshold=9), texts) == {
        "k000001": "no entry",
        "k000002": "no entry",
    }
    assert drops(MetadataBalance(metadata=file, threshold=9, ignore_case=True), texts) == {}


def test_no_query_takes_more_than_its_pairs_and_each_takes_what_there_is(tmp_path: Path) -> None:
    texts = ["photo"] * 100 + ["cat"] * 7 + ["rare thing"] * 2 + ["nothing known"] * 3
    file = metadata(tmp_path, "photo", "cat", "rare thing")
    found = drops(QueryBalance(metadata=file, pairs=10), table(*rows(*texts)))
    kept = Counter(text for number, text in enumerate(texts) if f"k{number:06d}" not in found)
    assert kept == {"photo": 10, "cat": 7, "rare thing": 2}
    assert Counter(found.values()) == {"photo (100)": 90, "no entry": 3}


def test_a_pair_stays_for_any_of_its_queries(tmp_path: Path) -> None:
    texts = ["photo"] * 50 + ["photo of a yak"] * 5
    found = drops(QueryBalance(metadata=metadata(tmp_path, "photo", "yak"), pairs=5), table(*rows(*texts)))
    assert not found.keys() & {f"k{number:06d}" for number in range(50, 55)}
    assert 50 <= len(found) + 5 <= 50 + 5


def test_a_query_draws_its_pairs_and_does_not_take_the_first(tmp_path: Path) -> None:
    """Over 400 queries of 8 pairs each, every position is taken as often as any other."""
    queries = [f"query{number}" for number in range(400)]
    rule = QueryBalance(metadata=metadata(tmp_path, *queries), pairs=2)
    found = drops(rule, table(*rows(*(query for query in queries for _ in range(8)))))
    kept = Counter(number % 8 for number in range(3200) if f"k{number:06d}" not in found)
    assert kept.total() == 800
    assert all(abs(kept[position] - 100) < SIGMAS * math.sqrt(400 * 3 / 16) for position in range(8))


def test_entries_below_the_threshold_keep_all_and_those_above_it_keep_it_on_average(tmp_path: Path) -> None:
    counts, threshold = {"photo": 9000, "cat": 2000, "yak": 500, "axolotl": 499}, 500
    texts = [entry for entry, count in counts.items() for _ in range(count)]
    found = drops(
        MetadataBalance(metadata=metadata(tmp_path, *counts), threshold=threshold), table(*rows(*texts))
    )
    kept = Counter(text for number, text in enumerate(texts) if f"k{number:06d}" not in found)
    for entry, count in counts.items():
        chance = threshold / max(count, threshold)
        deviation = math.sqrt(count * chance * (1 - chance))
        assert abs(kept[entry] - count * chance) <= SIGMAS * deviation, entry


def test_several_entries_draw_independently(tmp_path: Path) -> None:
    """A pair of two entries passes with probability 1 - (1 - p)(1 - q)."""
    texts = ["red cat"] * 3000 + ["cat"] * 3000 + ["red"] * 1000
    found = drops(
        MetadataBalance(metadata=metadata(tmp_path, "red", "cat"), threshold=1000), table(*rows(*texts))
    )
    kept = Counter(text for number, text in enumerate(texts) if f"k{number:06d}" not in found)
    red, cat = 1000 / 4000, 1000 / 6000
    for text, chance in {"red": red, "cat": cat, "red cat": 1 - (1 - red) * (1 - cat)}.items():
        count = texts.count(text)
        assert abs(kept[text] - count * chance) <= SIGMAS * math.sqrt(count * chance * (1 - chance)), text


@pytest.mark.parametrize(("rule", "field"), RULES)
def test_a_higher_threshold_keeps_all_that_a_lower_one_keeps(
    tmp_path: Path, rule: type[Comparison], field: str
) -> None:
    """For one and the same seed, pair by pair, since the draws are the pairs' own."""
    dice = random.Random(3)
    names, weights = ["red", "cat", "photo", "yak", "sea"], [9, 5, 30, 1, 2]
    texts = table(*rows(*(" ".join(dice.choices(names, weights, k=3)) for _ in range(600))))
    list_ = metadata(tmp_path, "red", "cat", "photo", "yak")
    dropped = [
        drops(rule.model_validate({"metadata": list_, field: bound}), texts) for bound in (5, 20, 1000)
    ]
    assert dropped[0].keys() > dropped[1].keys() > dropped[2].keys()


@pytest.mark.parametrize(("rule", "field"), RULES)
def test_neither_the_order_of_the_rows_nor_that_of_the_list_changes_a_draw(
    tmp_path: Path, rule: type[Comparison], field: str
) -> None:
    dice = random.Random(4)
    pairs = rows(*(" ".join(dice.choices(["red", "cat", "photo"], k=2)) for _ in range(300)))
    one = rule.model_validate({"metadata": metadata(tmp_path, "red", "cat"), field: 20})
    other = one.model_copy(update={"metadata": metadata(tmp_path / "other", "cat", "red", "", "cat")})
    assert drops(other, table(*dice.sample(pairs, len(pairs)))) == drops(one, table(*pairs))
    assert drops(one, table(*pairs), seed=8) != drops(one, table(*pairs))


def test_what_is_held_out_neither_counts_nor_goes(tmp_path: Path) -> None:
    held_out = [
        row | {"key": f"t{n}"} for n, row in enumerate(rows(*["photo"] * 50, "unknown", split="test"))
    ]
    file = metadata(tmp_path, "photo")
    assert drops(MetadataBalance(metadata=file, threshold=10), table(*rows(*["photo"] * 10), *held_out)) == {}
    found = drops(QueryBalance(metadata=file, pairs=10), table(*rows(*["photo"] * 12), *held_out))
    assert Counter(found.values()) == {"photo (12)": 2}


def test_the_published_form_of_the_list_is_read(tmp_path: Path) -> None:
    path = tmp_path / "metadata.json"
    path.write_text(json.dumps(["cat", " red cat ", "cat", ""]))
    assert read_entries(path) == ["cat", "red cat"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.json", b"{}", "a JSON array of texts is expected"),
        ("x.json", b"[1]", "a JSON array of texts is expected"),
        ("x.json", b"[", "neither a JSON array nor lines"),
        ("x.txt", b"\xff", "neither a JSON array nor lines"),
        ("x.txt", b"\n \n", "no entries"),
    ],
)
def test_a_list_that_is_none_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadDataError, match=message):
        read_entries(tmp_path / name)
