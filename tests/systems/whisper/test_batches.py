"""Batches are pure functions of the step, shared out among ranks, and never show a reserved string."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.errors import BadConfigError, BadDataError
from stages.core.records import Sample
from stages.core.reserved import is_reserved
from stages.systems.whisper.system import System
from stages.systems.whisper.targets import IGNORED
from tests.systems.whisper.conftest import WORDS, make_params, sample, write_shards

ENGLISH = {text: english for pairs in WORDS.values() for text, english in pairs}


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def whole_strings(system, batch):
    """(language, text) of every row that is transcribed."""
    special, tokenizer = system.tokenizer.special, system.tokenizer
    for row in batch["labels"].tolist():
        tokens = [token for token in row if token != IGNORED]
        if special.transcribe in tokens:
            text = [token for token in tokens if token < special.first]
            yield special.language_of(tokens[0]), tokenizer.decode(text).strip()


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(0, 39), min_size=1, max_size=4))
def test_a_step_has_one_batch_whatever_came_before(system, steps):
    for step in steps:
        last = system.batch(step)[0]
    assert equal(last, system.batch(steps[-1])[0])


def test_a_fresh_process_makes_the_same_batch(system, shards):
    assert equal(system.batch(30)[0], System(make_params(), 1, shards).batch(30)[0])


def test_the_seed_matters(system, shards):
    assert not equal(system.batch(3)[0], System(make_params(), 2, shards).batch(3)[0])


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 39))
def test_no_trained_string_is_held_out(system, step):
    for language, text in whole_strings(system, system.batch(step)[0]):
        assert not is_reserved(language, text)


def test_shapes_fit_the_model(system):
    for step in range(0, 40, 5):
        batch = system.batch(step)[0]
        count, channels, frames = batch["mel"].shape
        assert (count, channels) == (4, 80)
        assert frames % (system.dims.strides[0] * system.dims.strides[1]) == 0
        assert frames <= system.dims.frames
        assert batch["tokens"].shape == batch["labels"].shape
        assert batch["tokens"].shape[1] <= system.dims.n_text_ctx


def test_the_first_phase_has_single_words(system):
    texts = [text for step in range(10) for _, text in whole_strings(system, system.batch(step)[0])]
    assert texts
    assert all(len(text.split()) == 1 for text in texts)


def test_ranks_and_micro_batches_share_a_step(system, shards):
    split = System(make_params(recipe={"accumulate": 2}), 1, shards)
    whole = system.batch(30)[0]["labels"]
    kept = [tuple(token for token in row if token != IGNORED) for row in whole.tolist()]
    shared = [
        tuple(token for token in row if token != IGNORED)
        for rank in range(2)
        for micro in split.batch(30, rank, 2)
        for row in micro["labels"].tolist()
    ]
    assert shared == kept


def test_samples_that_cannot_be_shared_out_are_refused(system):
    with pytest.raises(BadConfigError, match="batch_size"):
        system.batch(0, 0, 3)


def test_an_empty_source_is_named(shards):
    system = System(make_params(curriculum={"sources": {"digits": 1.0, "words": 1.0}}), 1, shards)
    with pytest.raises(BadDataError, match="'words'"):
        system.batch(0)


def test_a_curriculum_that_does_not_reach_the_end_is_refused():
    with pytest.raises(ValueError, match="until"):
        make_params(curriculum={"phases": [{"until": 0.5, "words": 1}]})


def test_speech_of_which_only_the_translation_is_known_is_translated(tmp_path):
    """However small the share of translations is: there is nothing to transcribe."""
    samples = [sample(f"en-{number}", "en", (number,), "train") for number in range(3)]
    for number in range(3):
        record, files = sample(f"fr-{number}", "fr", (number,), "train")
        record = record.model_copy(update={"text": WORDS["fr"][number][1]}).translated_from("fr")
        json = record.model_dump_json().encode()
        samples.append((record, Sample(record.key, {**files.files, "json": json})))
    write_shards(tmp_path / "speech", samples)
    params = make_params(curriculum={"translate": 0, "joined": 0, "silent": 0})
    system = System(params, 1, tmp_path)
    special, tasks = system.tokenizer.special, set()
    for step in range(10):
        for row in system.batch(step)[0]["labels"].tolist():
            task = "translate" if special.translate in row else "transcribe"
            tasks.add((special.language_of(row[0]), task))
            words = system.tokenizer.decode([token for token in row if 0 <= token < special.first])
            assert words.strip() in ENGLISH.values()
    assert tasks == {("en", "transcribe"), ("fr", "translate")}
