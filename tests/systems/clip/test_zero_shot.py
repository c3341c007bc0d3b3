"""Ranks, recalls and chances, against their definitions."""

import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stages.systems.clip import zero_shot
from stages.systems.clip.model import Clip
from stages.systems.clip.tokenizer import Tokenizer
from tests.systems.clip import golden

CPU = torch.device("cpu")


def test_ranks_count_what_scores_higher():
    scores = torch.tensor([[0.1, 0.9, 0.5], [0.9, 0.1, 0.5]])
    assert zero_shot.answer_ranks(scores, torch.tensor([1, 1])).tolist() == [0, 2]


def test_a_model_that_cannot_tell_gets_no_credit():
    ranks = zero_shot.answer_ranks(torch.zeros(3, 5), torch.tensor([0, 2, 4]))
    assert ranks.tolist() == [4, 4, 4]
    is_match = torch.eye(4, dtype=torch.bool)
    assert zero_shot.retrieval_ranks(torch.zeros(4, 4), is_match).tolist() == [3] * 4


def test_any_of_several_equal_captions_is_a_hit():
    scores = torch.tensor([[0.3, 0.9, 0.5, 0.4]])
    is_match = torch.tensor([[True, False, True, False]])
    assert zero_shot.retrieval_ranks(scores, is_match).tolist() == [1]


def test_share_within_the_first():
    ranks = torch.tensor([0, 3, 9, 10])
    assert [zero_shot.share_within(ranks, k) for k in (1, 10)] == [0.25, 0.75]


@given(st.integers(1, 6), st.integers(1, 7), st.data())
def test_chance_is_the_mean_over_all_orders(candidates: int, k: int, data: st.DataObject):
    matches = data.draw(st.integers(1, candidates))
    draws = list(itertools.combinations(range(candidates), min(k, candidates)))
    expected = sum(min(draw) < matches for draw in draws) / len(draws)
    assert zero_shot.chance_within(torch.tensor([matches]), candidates, k) == pytest.approx(expected)


@given(st.integers(1, 500), st.data())
def test_the_lower_bound_solves_wilsons_equation(count: int, data: st.DataObject):
    share = data.draw(st.integers(0, count)) / count
    bound = zero_shot.lower_bound(share, count)
    assert 0 <= bound <= share + 1e-12
    if bound > 1e-9:
        deviation = (share - bound) / math.sqrt(bound * (1 - bound) / count)
        assert deviation == pytest.approx(1.959964, rel=1e-6)


@pytest.fixture(scope="module")
def model() -> Clip:
    torch.manual_seed(1)
    return Clip(golden.ARCHITECTURES["vit"]).eval()


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer([], 300 + 214, context=20)


def test_a_classifier_is_the_mean_direction_of_its_prompts(tokenizer: Tokenizer):
    architecture = golden.ARCHITECTURES["vit"]
    text = architecture.text.model_copy(update={"vocabulary": 514})
    model = Clip(architecture.model_copy(update={"text": text})).eval()
    templates = ("a {}", "the {}, drawn")
    weights = zero_shot.classifier(model, tokenizer, ["cat", "dog"], CPU, templates)
    prompts = zero_shot.text_features(model, tokenizer, ["a dog", "the dog, drawn"], CPU)
    mean = prompts.mean(dim=0)
    torch.testing.assert_close(weights[1], mean / mean.norm())


def test_many_images_are_encoded_as_few(model: Clip):
    images = torch.randint(0, 256, (300, 3, 32, 32), dtype=torch.uint8)
    features = zero_shot.image_features(model, images, CPU)
    torch.testing.assert_close(features[290:], zero_shot.image_features(model, images[290:], CPU))
    torch.testing.assert_close(features.norm(dim=1), torch.ones(300))


def test_no_classes_are_refused(model: Clip, tokenizer: Tokenizer):
    with pytest.raises(ValueError, match="no texts"):
        zero_shot.classifier(model, tokenizer, [], CPU)
