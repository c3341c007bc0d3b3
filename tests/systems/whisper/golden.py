"""Values computed by the published implementation on random weights.

`weights.safetensors` is a checkpoint in the official layout (width 48, 2 + 2 layers) with only those rows of
the vocabulary that the golden tokens and the first 32 ids need; `embedding.safetensors` has all rows.
"""

import functools
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from stages.systems.whisper.mel import fit, log_mel
from stages.systems.whisper.model import Whisper, load_weights
from stages.systems.whisper.presets import Dimensions

FOLDER = Path(__file__).parents[2] / "golden" / "whisper"


def arrays(name):
    with np.load(FOLDER / f"{name}.npz") as content:
        return {key: content[key] for key in content.files}


def facts():
    return json.loads((FOLDER / "golden.json").read_text())


def weights():
    return {name: each.float() for name, each in load_file(FOLDER / "weights.safetensors").items()}


def read(name):
    """A file of golden values."""
    return json.loads((FOLDER / f"{name}.json").read_text())


@functools.cache
def model():
    """The whole model, all rows of its vocabulary included."""
    whole = Whisper(Dimensions(**facts()["dims"]))
    embedding = load_file(FOLDER / "embedding.safetensors")
    load_weights(whole, weights() | {name: each.float() for name, each in embedding.items()})
    return whole.eval()


@functools.cache
def windows():
    """The two windows that were decoded, [2, 80, 3000]: 2 s of the signal, whose mel is padded, and 30 s."""
    return torch.stack([fit(log_mel(sound, 80), 3000) for sound in (signal(2), signal(30, seed=777))])


def lcg_tensor(count, seed):
    return torch.from_numpy(_lcg(count, seed))


def _lcg(count, seed):
    values, state = np.empty(count), seed
    for index in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        values[index] = state / 2**32 * 2 - 1
    return values.astype(np.float32)


def signal(seconds, seed=12345):
    """The closed-form sound of the golden values, float32 at 16 kHz."""
    time = np.arange(int(seconds * 16_000)) / 16_000
    sweep = np.sin(2 * np.pi * (200 * time + 150 * time**2)) * 0.5 * (1 + np.sin(2 * np.pi * 0.7 * time))
    beeps = np.sin(2 * np.pi * 3000 * time) * (np.sin(2 * np.pi * 2 * time) > 0)
    wave = 0.3 * np.sin(2 * np.pi * 440 * time) + 0.2 * sweep + 0.1 * beeps + 0.01 * _lcg(len(time), seed)
    return torch.from_numpy(wave.astype(np.float32))
