"""Values computed by the published implementation on random weights, cut down to half a megabyte.

`weights.safetensors` is a checkpoint in the official layout (width 48, 2 + 2 layers) with only those rows of
the vocabulary that the golden tokens and the first 32 ids need.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

FOLDER = Path(__file__).parents[2] / "golden" / "whisper"


def arrays(name):
    with np.load(FOLDER / f"{name}.npz") as content:
        return {key: content[key] for key in content.files}


def facts():
    return json.loads((FOLDER / "golden.json").read_text())


def weights():
    return {name: each.float() for name, each in load_file(FOLDER / "weights.safetensors").items()}


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
