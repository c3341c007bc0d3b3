"""Decoding finds what the published decoder finds, and keeps to the grammar."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.errors import BadConfigError
from stages.systems.whisper.decoding import Options, decode, detect_languages
from stages.systems.whisper.decoding.rules import timestamp_rule
from stages.systems.whisper.decoding.search import BeamSearch, Sampling
from stages.systems.whisper.model import Whisper, initialise
from stages.systems.whisper.presets import Dimensions
from stages.systems.whisper.special import SpecialTokens
from stages.systems.whisper.tokenizer import Tokenizer
from tests.systems.whisper import golden

TOKENIZER = Tokenizer.train([" one two three"] * 4, ["en", "fr"], 280, 0.4)
DIMS = Dimensions(8, 10, 16, 2, 1, TOKENIZER.size, 12, 16, 2, 1, strides=(2, 2))
PUBLISHED = Tokenizer.published(51_865)
DECODED = golden.read("decode")


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    whisper = Whisper(DIMS)
    initialise(whisper)
    return whisper.eval()


@pytest.fixture(scope="module")
def published():
    return golden.model()


@pytest.fixture(scope="module")
def audio(published):
    with torch.inference_mode():
        return published.encoder(golden.windows())


def options(given):
    """The published options by our names."""
    names = {"sample_len": "most_tokens", "max_initial_timestamp": "latest_start"}
    ours = {names.get(name, name): value for name, value in given.items() if name != "fp16"}
    ours["timestamps"] = not ours.pop("without_timestamps", False)
    ours["suppress_annotations"] = ours.pop("suppress_tokens", "-1") != ""
    for name in {"prompt", "prefix"} & set(ours):
        ours[name] = tuple(PUBLISHED.encode(" " + ours[name]))
    return Options(**ours)


@pytest.mark.parametrize("name", DECODED)
def test_tokens_and_scores_are_the_published_ones(published, audio, name):
    found = decode(published, PUBLISHED, audio, options(DECODED[name]["options"]))
    for ours, theirs in zip(found, DECODED[name]["results"], strict=True):
        assert list(ours.tokens) == theirs["tokens"]
        assert (ours.text, ours.language) == (theirs["text"], theirs["language"])
        assert ours.average == pytest.approx(theirs["avg_logprob"], abs=2e-5)
        assert ours.no_speech == pytest.approx(theirs["no_speech_prob"], rel=1e-3)
        assert ours.compression == pytest.approx(theirs["compression_ratio"])


def test_language_probabilities_are_the_published_ones(published, audio):
    for ours, theirs in zip(
        detect_languages(published, PUBLISHED, audio), golden.read("lang_probs"), strict=True
    ):
        assert ours == pytest.approx(theirs, abs=2e-5)


@pytest.mark.parametrize("case", golden.read("timestamp_rules")["cases"], ids=lambda case: case["case"])
def test_times_are_allowed_where_the_published_rule_allows_them(case):
    facts = golden.read("timestamp_rules")
    logits = 3 * golden.lcg_tensor(51_865, seed=99)[None]
    if case["case"].endswith("+4nats_on_timestamps"):
        logits[:, facts["timestamp_begin"] :] += 4
    timestamp_rule(SpecialTokens(50_257), case["max_initial_index"])(logits, [case["sampled"]])
    allowed = torch.zeros(51_865, dtype=torch.bool)
    for first, last in case["allowed_runs"]:
        allowed[first : last + 1] = True
    assert torch.equal(logits[0] > -torch.inf, allowed)


@torch.inference_mode()
def test_a_window_is_heard_alike_alone_and_beside_others(model):
    audio = model.encoder(torch.randn(3, 8, 40))
    for beam_size in (None, 3):
        chosen = Options(beam_size=beam_size, suppress_annotations=False)
        together = decode(model, TOKENIZER, audio, chosen)
        alone = [decode(model, TOKENIZER, audio[row : row + 1], chosen)[0] for row in range(3)]
        assert [each.tokens for each in together] == [each.tokens for each in alone]


@torch.inference_mode()
def test_a_beam_of_one_is_greedy(model):
    audio = model.encoder(torch.randn(4, 8, 40))
    greedy, beam = (decode(model, TOKENIZER, audio, Options(beam_size=size)) for size in (None, 1))
    assert [each.tokens for each in greedy] == [each.tokens for each in beam]


def grow(search, table, most):
    """Let a search follow a table of log-probabilities by the last token."""
    logits = table[torch.zeros(len(search.rows), dtype=torch.long)]
    for _ in range(most):
        search.advance(logits)
        if search.done:
            break
        logits = table[torch.tensor([row[-1] for row in search.rows])]
    return search.hypotheses()[0]


def best_sequence(table, end, most):
    """By trying all sequences that end within `most` tokens."""

    def score(sequence):
        return float(sum(table[before, after] for before, after in itertools.pairwise([0, *sequence])))

    bodies = (
        body
        for length in range(most)
        for body in itertools.product([t for t in range(len(table)) if t != end], repeat=length)
    )
    return max(((*body, end) for body in bodies), key=score)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_a_wide_beam_finds_what_trying_everything_finds(seed):
    table = torch.randn(4, 4, generator=torch.Generator().manual_seed(seed)).double().log_softmax(dim=-1)
    found = grow(BeamSearch(1, 32, 32.0, end=3), table, most=4)
    best = max((each for each in found if len(each.tokens) < 4), key=lambda one: one.log_probability)
    assert (*best.tokens, 3) == best_sequence(table, end=3, most=4)


def test_draws_follow_their_probabilities_and_their_seed():
    logits = torch.log(torch.tensor([[0.1, 0.6, 0.3]])).repeat(3000, 1)
    searches = [Sampling(3000, 3000, 1.0, end=9, seed=seed) for seed in (1, 1, 2)]
    for search in searches:
        search.advance(logits.clone())
    first, again, other = ([row[0] for row in search.rows] for search in searches)
    assert first == again != other
    spread = 4 * math.sqrt(0.6 * 0.4 / 3000)
    assert first.count(1) / 3000 == pytest.approx(0.6, abs=spread)


@pytest.mark.parametrize("beam_size", [None, 2])
def test_no_other_control_token_is_written(model, beam_size):
    special = TOKENIZER.special
    with torch.inference_mode():
        audio = model.encoder(torch.randn(4, 8, 40))
    for each in decode(model, TOKENIZER, audio, Options(beam_size=beam_size)):
        assert each.tokens
        assert special.seconds(each.tokens[0]) is not None
        assert not set(each.tokens) & {special.start_of_transcript, special.transcribe, special.no_speech}
        assert 0 <= each.no_speech <= 1


def test_given_languages_are_kept(model):
    with torch.inference_mode():
        audio = model.encoder(torch.randn(2, 8, 40))
    found = decode(model, TOKENIZER, audio, Options("translate"), languages=["fr", "en"])
    assert [each.language for each in found] == ["fr", "en"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"beam_size": 5, "best_of": 5, "temperature": 0.2},
        {"beam_size": 5, "temperature": 0.2},
        {"best_of": 5},
        {"patience": 2.0},
        {"length_penalty": 1.5},
        {"beam_size": 0},
        {"temperature": -1.0},
    ],
)
def test_options_that_mean_nothing_are_refused(wrong):
    with pytest.raises(BadConfigError):
        Options(**wrong)
