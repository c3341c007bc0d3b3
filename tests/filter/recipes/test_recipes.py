"""Every recipe does to a made world what its paper says, in whatever order and shards the rows come."""

import math
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from stages.core.errors import BadConfigError
from stages.core.params import validate
from stages.filter.params import FilterParams
from stages.filter.recipes import names, overlaid, recipe
from stages.filter.recipes.catalogue import catalogue, files_to_set
from tests.filter.recipes.worlds import WORLDS, Row, spoken_row
from tests.filter.runs import Decisions, decide
from tests.filter.selections.texts import english, french


def params(name: str, content: dict[str, Any]) -> FilterParams:
    return FilterParams.model_validate({"recipe": name} | content)


def test_every_recipe_has_a_world() -> None:
    assert names() == sorted(WORLDS)


@pytest.mark.parametrize("name", WORLDS)
def test_a_recipe_drops_what_is_planted_and_nothing_else(tmp_path: Path, name: str) -> None:
    world = WORLDS[name](tmp_path)
    kept, dropped = decide(tmp_path / "run", [world.rows], params(name, world.params))
    fates = dict.fromkeys(kept) | {key: reason for key, (reason, _) in dropped.items()}
    assert fates == world.fates


@pytest.mark.parametrize("name", WORLDS)
def test_neither_order_nor_shards_change_a_decision(tmp_path: Path, name: str) -> None:
    world = WORLDS[name](tmp_path)
    rows = random.Random(8).sample(world.rows, len(world.rows))
    asked = params(name, world.params)
    dealt = decide(tmp_path / "dealt", [rows[0::3], rows[1::3], rows[2::3], []], asked)
    assert dealt == decide(tmp_path / "whole", [world.rows], asked)


def decided(folder: Path, rows: list[Row], content: dict[str, Any]) -> Decisions:
    named = [row | {"key": f"k{number:05d}"} for number, row in enumerate(rows)]
    return decide(folder, [named], FilterParams.model_validate(content))


def test_silence_is_sub_sampled_and_speech_is_not(tmp_path: Path) -> None:
    silent = [spoken_row("", "en", speech=0.02)] * 1000
    kept, dropped = decided(tmp_path, silent, {"recipe": "whisper"})
    assert abs(len(kept) - 100) <= 4.5 * math.sqrt(1000 * 0.1 * 0.9)
    assert {reason for reason, _ in dropped.values()} == {"no_speech"}


@pytest.mark.parametrize(
    ("texts", "spoken", "found"),
    [
        (french(), "de", "language_mismatch"),
        (french(), "fr", None),
        (english(), "en", None),
        (english(), "fr", None),  # a translation
    ],
)
def test_languages_that_differ_are_found_and_few_others_are(
    tmp_path: Path, texts: list[str], spoken: str, found: str | None
) -> None:
    """Of 400 sentences at least 97 % are judged rightly; the rest is too short or names of functions."""
    rows = [spoken_row(text, spoken) for text in random.Random(9).sample(texts, 400)]
    rules = {"rules": {"language_mismatch": {}}}
    _, dropped = decided(tmp_path, rows, rules)
    right = len(dropped) if found else len(rows) - len(dropped)
    long_enough = sum(row["characters"] >= 20 for row in rows) if found else len(rows)
    assert right >= 0.97 * long_enough


def test_a_translation_is_told_from_a_transcript(tmp_path: Path) -> None:
    sentence = "This is a sentence in English, of some length."
    heard = {"spoken_language": "de", "spoken_language_score": 0.9}
    rows = [spoken_row(sentence, "fr"), spoken_row(sentence, "en"), spoken_row(sentence, "en", **heard)]
    decided(tmp_path / "asked", rows, {"recipe": "whisper", "duplicates": {"near_text": None}})
    kept = pq.read_table(tmp_path / "asked" / "filtered" / "decisions" / "kept.parquet")
    assert kept["translated_from"].to_pylist() == ["fr", None, "de"]
    decided(tmp_path / "unasked", rows, {})
    kept = pq.read_table(tmp_path / "unasked" / "filtered" / "decisions" / "kept.parquet")
    assert kept["translated_from"].to_pylist() == [None] * 3


def test_the_share_of_the_pool_is_datacomps(tmp_path: Path) -> None:
    """The threshold is that of its `get_threshold`, over everything that can be read, dropped or not."""
    dice = np.random.default_rng(1)
    scores = dice.choice([0.1, 0.2, 0.25, 0.3, 0.31], 200)
    rows = [
        spoken_row("A text of words.", "en", clip_score=float(score), words=number % 2)
        for number, score in enumerate(scores)
    ]
    rows += [row | {"error": "bad_image", "clip_score": None} for row in rows[:50]]
    threshold = -np.sort(-scores)[int(len(scores) * 0.3)]
    kept, dropped = decided(tmp_path, rows, {"rules": {"empty_text": {}, "low_clip_score": {"share": 0.3}}})
    expected = {f"k{number:05d}" for number, score in enumerate(scores) if number % 2 and score >= threshold}
    assert kept.keys() == expected
    assert Counter(reason for reason, _ in dropped.values())["empty_text"] == 100


def test_what_is_said_goes_over_the_recipe() -> None:
    content = {"rules": {"aspect": {"ratio": 5}, "too_small": None, "flat": {}}, "duplicates": {"exact": {}}}
    asked = params("datacomp-basic", content)
    assert asked.rules.aspect is not None
    assert asked.rules.aspect.ratio == 5
    assert asked.reasons() == [
        "unreadable",
        "text_too_short",
        "too_few_words",
        "other_language",
        "aspect",
        "flat",
        "duplicate",
        "in_held_out",
    ]


def test_mappings_are_laid_over_each_other_key_by_key() -> None:
    assert overlaid({"a": {"b": 1, "c": {"d": 2}}}, {"a": {"c": {"e": 3}}, "f": None}) == {
        "a": {"b": 1, "c": {"d": 2, "e": 3}},
        "f": None,
    }
    assert overlaid({"a": {"b": 1}}, {"a": None}) == {"a": None}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"recipe": "lion"}, "filter.x: .*no recipe 'lion'; did you mean 'laion'"),
        ({"recipe": "everything"}, "filter.x: .*there are clip, datacomp-basic"),
        ({"recipe": "../laion"}, "filter.x: .*no recipe"),
        ({"recipe": 3}, "filter.x.recipe"),
        ({"recipe": "glide"}, "filter.x.rules.people.classifier: Field required"),
        ({"recipe": "clip"}, "filter.x.selections.query_balance.metadata: Field required"),
        (
            {"recipe": "laion", "rules": {"low_clip_scor": {}}},
            "filter.x.rules.low_clip_scor: unknown key; did",
        ),
    ],
)
def test_a_mistake_is_named(content: dict[str, Any], message: str) -> None:
    with pytest.raises(BadConfigError, match=message):
        validate(content, "filter.x", FilterParams)


def test_the_catalogue_says_what_each_recipe_rests_on_and_leaves_open() -> None:
    paragraphs = dict(zip(names(), catalogue(), strict=True))
    for name, paragraph in paragraphs.items():
        assert paragraph.startswith(f"{name}\n")
        assert recipe(name).source in paragraph
    assert "embedding: score.CORPUS.models.clip" in paragraphs["glide"]
    assert "filter.CORPUS.rules.hate_symbols.classifier" in paragraphs["glide"]
    assert "clip_score: score.CORPUS.models.clip" in paragraphs["laion"]
    assert files_to_set("whisper") == []
    assert "needs" not in paragraphs["datacomp-basic"]
