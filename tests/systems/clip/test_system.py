"""CLIP in the pipeline: it starts, learns, resumes, and measures what it says."""

import copy
import json
import math
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from stages.core.errors import BadConfigError, BadDataError
from stages.core.evaluation import Evaluation
from stages.core.learner import Learner
from stages.systems.clip.presets import PRESETS, SAMPLE, Architecture, ResNetParams, TextParams
from stages.systems.clip.system import ClipParams, System
from stages.systems.clip.tokenizer import Tokenizer

CPU = torch.device("cpu")
TINY = Architecture(
    embed=32,
    image_size=32,
    vision=ResNetParams(layers=(1, 1, 1, 1), width=8, heads=4),
    text=TextParams(context=8, vocabulary=640, layers=1, width=64, heads=2),
)


@pytest.fixture(scope="module", autouse=True)
def tiny_preset() -> None:
    """The sample's preset at a size for tests."""
    patch = pytest.MonkeyPatch()
    patch.setitem(PRESETS, SAMPLE, TINY)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def system(shards: Path, params: ClipParams) -> System:
    return System(params, 11, shards)


def run(system: System, state: Learner, steps: int) -> list[dict]:
    return [dict(system.step(state, system.batch(step))) for step in range(state.step, steps)]


@pytest.fixture(scope="module")
def trained(system: System) -> tuple[Learner, list[dict]]:
    state = system.init(CPU)
    return state, run(system, state, system.steps)


@pytest.fixture(scope="module")
def evaluation(system: System, trained: tuple[Learner, list[dict]]) -> Evaluation:
    return system.evaluate(trained[0].published(), CPU)


def test_a_tiny_set_is_learned_by_heart(trained: tuple[Learner, list[dict]]):
    history = trained[1]
    assert history[0]["loss"] > 0.9 * math.log(12)
    assert history[-1]["loss"] < 0.5 * history[0]["loss"]
    assert history[-1]["batch_accuracy"] > 0.6


def test_what_was_learned_carries_over_to_the_unseen_style(evaluation: Evaluation):
    metrics = evaluation.metrics
    assert metrics["style/top1"] > 4 * metrics["style/top1_chance"]
    assert metrics["style/image_to_text_r1"] > 2 * metrics["style/r1_chance"]


def test_every_accuracy_stands_beside_its_chance(evaluation: Evaluation):
    metrics = evaluation.metrics
    assert metrics["style/classes"] == 21
    assert metrics["style/images"] == 21
    assert metrics["style/top5_chance"] == pytest.approx(5 / 21)
    assert metrics["concepts/classes"] == 3
    assert metrics["concepts/images"] == 6
    assert metrics["style/retrieval_pairs"] == 10
    assert metrics["style/r10_chance"] == pytest.approx(1.0)
    assert all(math.isfinite(value) for value in metrics.values())
    assert 0 <= metrics["style/top1_pixel_neighbour"] <= 1


def test_the_examples_name_samples_of_the_corpus(evaluation: Evaluation):
    table = evaluation.tables["examples"]
    assert list(table.columns) == ["key", "caption", "rank", "guesses"]
    assert len(table) == 21
    assert all(key.startswith("thin-") for key in table["key"])
    assert set(evaluation.figures) == {"ranks", "gallery"}


def test_evaluation_is_the_same_each_time(
    system: System, trained: tuple[Learner, list[dict]], evaluation: Evaluation
):
    again = System(system.params, system.seed, system.pairs.shards.root.parent)
    assert again.evaluate(trained[0].published(), CPU).metrics == evaluation.metrics


def test_every_claim_is_decided_or_says_what_it_needs(evaluation: Evaluation):
    for claim in System.claims:
        assert claim.needs if claim.verdict(evaluation.metrics) == "not measured" else not claim.needs
    assert {claim.id.partition(".")[0] for claim in System.claims} == {"clip"}


def test_a_run_broken_in_two_ends_with_the_same_bits(system: System):
    whole, first, second = (system.init(CPU) for _ in range(3))
    run(system, whole, 5)
    run(system, first, 3)
    second.restore({name: each.clone() for name, each in first.tensors().items()}, first.step)
    run(system, second, 5)
    for name, tensor in whole.published().items():
        assert torch.equal(tensor, second.published()[name]), name


def test_a_batch_is_a_pure_function_of_its_step(system: System):
    fresh = System(system.params, 11, system.pairs.shards.root.parent)
    other = ForkingPickler.loads(ForkingPickler.dumps(fresh))  # as it reaches a worker process
    other.batch(3)
    for ours, theirs in zip(system.batch(9), other.batch(9), strict=True):
        assert torch.equal(ours["images"], theirs["images"])
        assert torch.equal(ours["tokens"], theirs["tokens"])


@pytest.mark.parametrize(("world", "accumulate"), [(2, 1), (4, 1), (2, 2)])
def test_ranks_and_micro_batches_share_one_batch(
    system: System, settings: dict, shards: Path, world: int, accumulate: int
):
    cut = copy.deepcopy(settings)
    cut["recipe"]["accumulate"] = accumulate
    split = System(ClipParams.model_validate(cut), 11, shards)
    parts = [part for rank in range(world) for part in split.batch(5, rank, world)]
    (whole,) = system.batch(5)
    assert len(parts) == world * accumulate
    assert torch.equal(torch.cat([part["images"] for part in parts]), whole["images"])
    for part in parts:
        assert part["tokens"].shape[1] <= whole["tokens"].shape[1]


def test_a_batch_that_cannot_be_cut_is_refused(system: System):
    with pytest.raises(BadConfigError, match="no multiple of 5 ranks"):
        system.batch(0, 0, 5)


def test_the_config_is_enough_to_use_the_model(system: System):
    config = json.loads(json.dumps(system.config()))
    architecture = Architecture.model_validate(config["architecture"])
    merges = [tuple(merge.split(" ")) for merge in config["merges"]]
    again = Tokenizer(merges, architecture.text.vocabulary, architecture.text.context)
    assert architecture == TINY
    assert again.ids("red circle") == system.tokenizer.ids("red circle")


def test_initial_weights_depend_on_the_seed_only(system: System, params: ClipParams, shards: Path):
    torch.manual_seed(99)
    first = system.init(CPU).published()
    second = system.init(CPU).published()
    other = System(params, 12, shards).init(CPU).published()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["text_projection"], other["text_projection"])


def test_weights_of_another_size_are_refused(system: System, trained: tuple[Learner, list[dict]]):
    tensors = trained[0].published()
    tensors["text_projection"] = tensors["text_projection"][:, :-1]
    with pytest.raises(BadDataError, match="preset 'sample'"):
        system.evaluate(tensors, CPU)


def test_a_set_that_is_not_in_the_corpus_is_named(
    system: System, settings: dict, shards: Path, trained: tuple[Learner, list[dict]]
):
    wrong = copy.deepcopy(settings)
    wrong["evaluation"]["retrieval"]["clipart"] = {"split": "test", "sources": ["clipart"]}
    with pytest.raises(BadConfigError, match=r"'clipart' asks for split 'test' of clipart"):
        System(ClipParams.model_validate(wrong), 11, shards).evaluate(trained[0].published(), CPU)


def test_an_unknown_preset_is_refused_by_name(settings: dict):
    with pytest.raises(ValidationError, match="no such preset; there are: sample, RN50"):
        ClipParams.model_validate(settings | {"preset": "ViT-B32"})
