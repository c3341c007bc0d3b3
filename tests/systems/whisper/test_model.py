"""The model is the published one: sizes, names, numbers; and its cache changes no number."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.errors import BadDataError
from stages.systems.whisper import mel
from stages.systems.whisper.model import Cache, Whisper, initialise, load_weights, sinusoids
from stages.systems.whisper.presets import PRESETS, Dimensions
from tests.systems.whisper import golden

FACTS = golden.facts()
SMALL = Dimensions(8, 20, 16, 2, 2, 40, 12, 16, 2, 2, strides=(2, 2))


def small_model(seed=0):
    torch.manual_seed(seed)
    model = Whisper(SMALL)
    initialise(model)
    return model.eval()


@pytest.fixture(scope="module")
def published():
    weights = golden.weights()
    rows = weights["decoder.token_embedding.weight"].shape[0]
    model = Whisper(Dimensions(**FACTS["dims"]).with_vocabulary(rows))
    load_weights(model, weights)
    return model.eval()


@pytest.mark.parametrize("name", sorted(FACTS["counts"]))
def test_parameter_counts_are_the_published_ones(name):
    with torch.device("meta"):
        model = Whisper(PRESETS["large-v2" if name == "large" else name])
    found = {
        "encoder_params": sum(each.numel() for each in model.encoder.parameters()),
        "decoder_params": sum(each.numel() for each in model.decoder.parameters()),
        "params": sum(each.numel() for each in model.parameters()),
    }
    assert found == FACTS["counts"][name]


def test_names_and_shapes_of_the_state_are_the_published_ones():
    with torch.device("meta"):
        model = Whisper(Dimensions(**FACTS["dims"]))
    assert {name: list(each.shape) for name, each in model.state_dict().items()} == FACTS["keys"]


@torch.no_grad()
def test_encoder_and_logits_are_the_published_ones(published):
    expected = golden.arrays("forward")
    short = torch.nn.functional.pad(mel.log_mel(golden.signal(2), 80), (0, 2800))
    window = torch.stack([short, mel.log_mel(golden.signal(30, seed=777), 80)])
    encoded = published.encoder(window)
    logits = published.decoder(torch.from_numpy(expected["tokens"]), encoded)
    assert (encoded[:, ::10] - torch.from_numpy(expected["encoded"])).abs().max() < 2e-5
    assert (logits[:, :, :32] - torch.from_numpy(expected["logits"])).abs().max() < 2e-5
    assert (logits[:, -1] - torch.from_numpy(expected["last"])).abs().max() < 2e-5


def test_positions_are_the_published_ones():
    stored = golden.weights()["encoder.positional_embedding"]
    assert torch.allclose(sinusoids(*stored.shape), stored, atol=5e-4)  # half precision


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(min_value=1, max_value=4), min_size=1, max_size=4), st.integers(0, 100))
def test_cache_equals_the_whole_forward_however_the_tokens_are_split(parts, seed):
    parts = parts[: next((n for n in range(1, 5) if sum(parts[:n]) > 12), 5) - 1] or [1]
    model = small_model(seed)
    tokens = torch.randint(40, (2, sum(parts)))
    with torch.no_grad():
        audio = model.encoder(torch.randn(2, 8, 48))
        cache = Cache()
        stepwise = torch.cat(
            [model.decoder(part, audio, cache) for part in tokens.split(parts, dim=1)], dim=1
        )
        assert torch.allclose(stepwise, model.decoder(tokens, audio), atol=1e-5)
    assert cache.length == sum(parts)


@settings(deadline=None, max_examples=20)
@given(st.integers(min_value=1, max_value=7), st.integers(0, 39))
def test_a_later_token_changes_no_earlier_logit(place, token):
    model, tokens, window = small_model(), torch.arange(8)[None], torch.randn(1, 8, 40)
    changed = tokens.clone()
    changed[0, place] = token
    with torch.no_grad():
        before, after = model(window, tokens), model(window, changed)
    assert torch.equal(before[:, :place], after[:, :place])


def test_alignments_are_distributions_over_the_audio():
    model = small_model()
    with torch.no_grad():
        audio = model.encoder(torch.randn(2, 8, 40))
        weights = model.decoder.alignments(torch.arange(5).repeat(2, 1), audio)
    assert weights.shape == (2, 2, 2, 5, 10)  # [B, layers, H, N, T]
    assert torch.allclose(weights.sum(dim=-1), torch.ones(2, 2, 2, 5))


def test_too_long_inputs_are_refused():
    model = small_model()
    with pytest.raises(ValueError, match="cut the audio"):
        model.encoder(torch.zeros(1, 8, 84))
    with pytest.raises(ValueError, match="cut the text"):
        model.decoder(torch.zeros(1, 13, dtype=torch.long), torch.zeros(1, 10, 16))


def test_weights_of_another_model_are_refused():
    weights = small_model().state_dict()
    with pytest.raises(BadDataError, match="do not fit"):
        load_weights(small_model(), {name: each for name, each in weights.items() if "ln_post" not in name})


def test_windows_follow_from_the_stem():
    assert (PRESETS["tiny"].frames, PRESETS["tiny"].seconds) == (3000, 30.0)
    assert PRESETS["sample"].seconds == PRESETS["sample"].frames / 100
