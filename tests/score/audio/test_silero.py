"""The network in NumPy against the one that the package runs in torch."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from stages.score.audio import silero
from tests.score.material import samples, spoken

_NAMES = {
    "stft_conv.weight": "stft.forward_basis_buffer",
    "final_conv.weight": "decoder.decoder.2.weight",
    "final_conv.bias": "decoder.decoder.2.bias",
    **{
        f"conv{number + 1}.{part}": f"encoder.{number}.reparam_conv.{part}"
        for number in range(4)
        for part in ("weight", "bias")
    },
    **{
        f"lstm_cell.{part}": f"decoder.rnn.{part}"
        for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    },
}


@pytest.fixture(scope="module")
def published() -> torch.jit.ScriptModule:
    """The package's own TorchScript."""
    origin = importlib.util.find_spec("silero_vad").origin
    with pytest.warns(DeprecationWarning, match="torch.jit.load"):
        return torch.jit.load(str(Path(origin).parent / "data" / "silero_vad.jit"))


def test_with_the_published_weights_the_published_probabilities(
    published: torch.jit.ScriptModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    tensors = published.state_dict()
    weights = {ours: tensors[f"_model.{theirs}"].numpy() for ours, theirs in _NAMES.items()}
    monkeypatch.setattr(silero, "_weights", lambda: weights)
    for wave in (spoken("fr")[:40_000], samples(), np.array([9], np.int16)):
        published.reset_states()
        padded = torch.from_numpy(np.pad(wave.astype(np.float32) / 32_768, (0, -len(wave) % silero.FRAME)))
        expected = [published(frame, 16_000).item() for frame in padded.split(silero.FRAME)]
        assert silero.speech_probabilities(wave) == pytest.approx(expected, abs=1e-4)


def test_the_shipped_weights_are_as_the_code_expects() -> None:
    assert set(silero._weights()) == set(_NAMES)


def test_batches_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    wave = spoken("es")
    whole = silero.speech_probabilities(wave)
    monkeypatch.setattr(silero, "_BATCH", 7)
    assert silero.speech_probabilities(wave) == pytest.approx(whole, abs=1e-5)
