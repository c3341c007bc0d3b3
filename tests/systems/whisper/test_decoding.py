"""Greedy decoding follows the model and the grammar."""

import pytest
import torch

from stages.systems.whisper import decoding
from stages.systems.whisper.model import Whisper, initialise
from stages.systems.whisper.presets import Dimensions
from stages.systems.whisper.tokenizer import Tokenizer

TOKENIZER = Tokenizer.train([" one two three"] * 4, ["en", "fr"], 280, 0.4)
DIMS = Dimensions(8, 10, 16, 2, 1, TOKENIZER.size, 12, 16, 2, 1, strides=(2, 2))


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    whisper = Whisper(DIMS)
    initialise(whisper)
    return whisper.eval()


def slow_greedy(model, prompt, audio, allowed, end):
    """The whole forward for each token of one row."""
    tokens = prompt.clone()
    while tokens.shape[1] < DIMS.n_text_ctx + 1:
        logits = model.decoder(tokens, audio)[0, -1].masked_fill(~allowed, -torch.inf)
        token = int(logits.argmax())
        if token == end:
            break
        tokens = torch.cat([tokens, torch.tensor([[token]])], dim=1)
    return tokens[0, prompt.shape[1] :].tolist()


@torch.no_grad()
def test_the_cache_and_the_batch_change_no_token(model):
    special = TOKENIZER.special
    audio = model.encoder(torch.randn(3, 8, 40))
    prompt = torch.tensor([[special.start_of_transcript, special.language("en")]]).repeat(3, 1)
    allowed = torch.ones(special.size, dtype=torch.bool)
    found = decoding.greedy(model, prompt, audio, allowed, special.end_of_text)
    for row in range(3):
        expected = slow_greedy(model, prompt[:1], audio[row : row + 1], allowed, special.end_of_text)
        assert found[row] == expected


@pytest.mark.parametrize("timestamps", [False, True])
def test_control_tokens_are_never_written(model, timestamps):
    special = TOKENIZER.special
    for each in decoding.transcribe(model, TOKENIZER, torch.randn(4, 8, 40), timestamps=timestamps):
        assert all(token < special.first or special.seconds(token) is not None for token in each.tokens)
        assert timestamps or all(token < special.first for token in each.tokens)
        assert each.language in {"en", "fr"}
        assert 0 <= each.no_speech <= 1


def test_a_given_language_is_kept(model):
    windows = torch.randn(2, 8, 40)
    found = decoding.transcribe(model, TOKENIZER, windows, "translate", ["fr", "en"])
    assert [each.language for each in found] == ["fr", "en"]


def test_the_likeliest_language_is_found():
    logits = torch.zeros(2, TOKENIZER.size)
    special = TOKENIZER.special
    logits[0, special.language("fr")] = 1
    logits[1, special.language("en")] = 1
    logits[:, special.transcribe] = 5
    assert decoding.find_languages(logits, special) == [special.language("fr"), special.language("en")]
