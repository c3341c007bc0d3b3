"""The system learns, publishes what it takes to use it, and measures what it says it measures."""

import json

import pytest
import torch

from stages.core.errors import BadDataError
from stages.core.reader import Shards
from stages.systems.whisper.claims import CLAIMS
from stages.systems.whisper.corpus import utterance
from stages.systems.whisper.evaluation import Listener, measure, worst_task
from stages.systems.whisper.presets import PRESETS
from stages.systems.whisper.system import System
from stages.systems.whisper.tokenizer import Tokenizer
from tests.systems.whisper.conftest import make_params

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def learned(shards):
    """A model that has seen the tones long enough to know them."""
    params = make_params(
        recipe={
            "steps": 500,
            "batch_size": 8,
            "learning_rate": 2e-3,
            "warmup": 20,
            "schedule": "cosine",
            "beta2": 0.98,
            "clip_norm": 1.0,
        },
        curriculum={"timed": 0.0, "silent": 0.0, "joined": 0.0, "whole_window": 0.2},
        augment={"tempo": [1.0, 1.0], "warp": 0, "gain": 0, "noise": 0, "time_mask": 0, "mel_mask": 0},
    )
    system = System(params, 3, shards)
    state = system.init(CPU)
    losses = [system.step(state, system.batch(step))["loss"] for step in range(system.steps)]
    return system, state, losses


@pytest.fixture(scope="module")
def evaluation(learned):
    system, state, _ = learned
    return system.evaluate(state.published(), CPU)


def test_init_is_the_same_for_the_same_seed_and_leaves_no_trace(system):
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    one, two = (system.init(CPU).published() for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_tiny_set_is_learned(learned):
    _, _, losses = learned
    assert sum(losses[-10:]) / 10 < 0.5 < sum(losses[:5]) / 5


def test_what_was_learned_is_transcribed(learned):
    system, state, _ = learned
    listener = Listener(state.module, system.tokenizer, CPU)
    known = system.speech.select(split="train", source="digits")
    metrics = measure(listener.hear(known, [utterance(sample.record) for sample in known]))
    assert metrics["count"] == len(known)
    assert metrics["wer"] < 0.55  # three words a language: guessing is at about 0.65
    assert metrics["translate_wer"] < 1
    assert metrics["language_accuracy"] > 0.9


def test_held_out_splits_are_measured_beside_trivial_answers(evaluation):
    metrics = evaluation.metrics
    assert metrics["strings/count"] > 0
    assert metrics["strings/wer_baseline"] == min(
        metrics["strings/wer_constant"], metrics["strings/wer_random"]
    )
    assert metrics["strings/language_accuracy"] > 0.9
    assert {"speakers/wer", "speakers/translate_wer", "speakers/wer_constant"} <= metrics.keys()
    assert not any(name.startswith("captions/") for name in metrics)  # the corpus of tones has none


def test_pages_have_figures_and_transcripts_by_key(evaluation, shards):
    assert {"error_rates", "errors_by_length", "alignment"} == set(evaluation.figures)
    table = evaluation.tables["transcripts"]
    assert {"key", "reference", "hypothesis"} <= set(table.columns)
    keys = Shards(shards / "speech").keys
    assert set(table["key"]) <= set(keys)


def test_claims_are_complete_and_say_what_they_need():
    ids = {"whisper.transfer", "whisper.scale", "whisper.multitask", "whisper.robust"}
    assert {claim.id for claim in CLAIMS} == ids
    assert all(claim.metric or claim.needs for claim in CLAIMS)


def test_the_measured_claim_follows_the_metrics(evaluation):
    claim = next(claim for claim in CLAIMS if claim.id == "whisper.multitask")
    assert claim.metric in evaluation.metrics
    assert claim.verdict({**evaluation.metrics, claim.metric: 0.4}) == "holds"
    assert claim.verdict({**evaluation.metrics, claim.metric: 1.2}) == "does not hold"


def test_the_worst_task_decides():
    metrics = {"wer": 0.1, "wer_baseline": 1.0, "language_accuracy": 0.9, "language_baseline": 0.8}
    assert worst_task(metrics) == pytest.approx(0.5)
    assert worst_task({**metrics, "translate_wer": 0.9, "translate_wer_baseline": 0.75}) == pytest.approx(1.2)


def test_config_is_json_from_which_the_vocabulary_returns(system):
    content = json.loads(json.dumps(system.config()))
    restored = Tokenizer.from_json(content["tokenizer"])
    assert restored.size == content["dimensions"]["n_vocab"] == system.dims.n_vocab


def test_weights_of_another_model_are_refused(system):
    with pytest.raises(BadDataError, match="do not fit"):
        system.evaluate({}, CPU)


def test_a_published_size_learns_with_the_published_vocabulary(shards):
    system = System(make_params(preset="tiny", recipe={"steps": 2, "batch_size": 2}), 1, shards)
    assert system.tokenizer.size == system.dims.n_vocab == PRESETS["tiny"].n_vocab
    batch = system.batch(0)[0]
    assert int(batch["tokens"].max()) < system.dims.n_vocab
    state = system.init(CPU)
    first, second = (system.step(state, system.batch(step))["loss"] for step in range(2))
    assert second < first < 12
