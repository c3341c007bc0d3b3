"""Batches are pure functions of seed and step, and hold no false negatives."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.errors import BadConfigError, BadDataError
from stages.core.reader import Shards
from stages.systems.clip.pairs import CaptionParams, TrainingPairs
from tests.systems.clip.conftest import HELD_OUT

CONCEPTS = 6 * 4 - len(HELD_OUT)


@pytest.fixture(scope="module")
def pairs(shards: Path) -> TrainingPairs:
    return TrainingPairs(Shards(shards / "images").select(split="train"), CaptionParams(), seed=3)


def test_held_out_concepts_are_not_there(pairs: TrainingPairs):
    texts = {record.text for record in pairs.records.values()}
    assert len(pairs.concepts) == CONCEPTS
    assert not texts & set(HELD_OUT)


@given(st.integers(0, 10_000), st.integers(2, CONCEPTS))
def test_a_batch_holds_a_concept_once_and_a_caption_once(pairs: TrainingPairs, step: int, size: int):
    picks = pairs.picks(step, size)
    assert len({pairs.records[pick.key].group for pick in picks}) == size
    assert len({pick.caption for pick in picks}) == size


def test_every_caption_belongs_to_its_picture(pairs: TrainingPairs):
    for pick in pairs.picks(4, 12):
        record = pairs.records[pick.key]
        assert set(pick.caption.split(", ")) <= {record.text, *record.tags}


def test_picks_depend_on_seed_and_step_only(shards: Path, pairs: TrainingPairs):
    again = TrainingPairs(pairs.shards, CaptionParams(), seed=3)
    assert again.picks(17, 8) == pairs.picks(17, 8)
    assert pairs.picks(18, 8) != pairs.picks(17, 8)
    assert TrainingPairs(pairs.shards, CaptionParams(), seed=4).picks(17, 8) != pairs.picks(17, 8)


def test_an_epoch_visits_each_concept_at_most_once_and_nearly_all(pairs: TrainingPairs):
    keys = [pick.key for step in range(3) for pick in pairs.picks(step, 7)]
    assert len({pairs.records[key].group for key in keys}) == len(keys) == 21


def test_both_pictures_of_a_concept_are_drawn(pairs: TrainingPairs):
    keys = {pick.key for step in range(40) for pick in pairs.picks(step, 12)}
    assert keys == set(pairs.records)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_captions_follow_the_share(pairs: TrainingPairs, share: float):
    params = CaptionParams(text_share=share)
    picks = TrainingPairs(pairs.shards, params, seed=3).picks(0, 8)
    assert all((pick.caption == pairs.records[pick.key].text) == bool(share) for pick in picks)


def test_a_batch_larger_than_the_concepts_is_refused(pairs: TrainingPairs):
    with pytest.raises(BadConfigError, match="batch_size"):
        pairs.picks(0, CONCEPTS + 1)


def test_no_samples_are_refused(pairs: TrainingPairs):
    with pytest.raises(BadDataError, match="no training samples"):
        TrainingPairs(pairs.shards.select(split="none"), CaptionParams(), seed=3)
