"""Weights and inputs that a formula gives: the golden files hold only what the published code made of them.

`tests/golden/clip/{vit,resnet}.npz` come from openai/CLIP at d05afc4, `clip/model.py`, class `CLIP`, in
float32 and evaluation mode: features, the symmetric loss of the first three pairs, and each gradient's norm.
`published.json` has the sizes of its nine models, `preprocess.npz` what its image transform yields.
"""

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from stages.systems.clip.presets import Architecture, ResNetParams, TextParams, VitParams

FOLDER = Path(__file__).parents[2] / "golden" / "clip"

_TEXT = TextParams(context=20, vocabulary=300, layers=2, width=128, heads=2)
ARCHITECTURES: Mapping[str, Architecture] = {
    "vit": Architecture(
        embed=32, image_size=32, vision=VitParams(layers=2, width=128, heads=2, patch=8), text=_TEXT
    ),
    "resnet": Architecture(
        embed=32, image_size=64, vision=ResNetParams(layers=(1, 2, 1, 1), width=16, heads=8), text=_TEXT
    ),
}


def values(name: str, shape: Sequence[int]) -> torch.Tensor:
    """Numbers in [-1, 1) from an integer hash of name and position: the same everywhere, for good."""
    index = np.arange(int(np.prod(shape)), dtype=np.uint64) + np.uint64(zlib.crc32(name.encode()) << 20)
    for shift, factor in ((33, 0xFF51AFD7ED558CCD), (33, 0xC4CEB9FE1A85EC53)):
        index = (index ^ (index >> np.uint64(shift))) * np.uint64(factor)
    numbers = (index >> np.uint64(40)).astype(np.float64) / 2**23 - 1
    return torch.from_numpy(numbers.astype(np.float32)).reshape(tuple(shape))


def weights(template: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A value for each tensor of a state dict: matrices scaled by their fan-in, gains near 1."""
    result = {}
    for name, tensor in template.items():
        number = values(name, tensor.shape)
        if name.endswith("num_batches_tracked"):
            number = torch.zeros((), dtype=torch.int64)
        elif name == "logit_scale":
            number = torch.tensor(2.0)
        elif name.endswith("running_var") or (tensor.ndim == 1 and name.endswith("weight")):
            number = 1 + 0.2 * number
        elif tensor.ndim == 1:
            number = 0.1 * number
        elif not name.endswith("embedding") and name != "token_embedding.weight":
            fan_in = tensor.shape[0] if name.endswith("proj") else tensor[0].numel()
            number = number * (3 / fan_in) ** 0.5
        result[name] = number
    return result


def images(size: int) -> torch.Tensor:
    """Three normalised images [3, 3, size, size]."""
    return 2 * values("images", (3, 3, size, size))


def tokens() -> torch.Tensor:
    """Four texts [4, 20] of different lengths, each with its end, the largest id, filled up with 0."""
    rows = torch.zeros(4, _TEXT.context, dtype=torch.int64)
    for row, length in enumerate((5, 20, 11, 3)):
        inner = values(f"tokens{row}", (length,)).abs() * (_TEXT.vocabulary - 3)
        rows[row, :length] = inner.long() + 1
        rows[row, 0], rows[row, length - 1] = _TEXT.vocabulary - 2, _TEXT.vocabulary - 1
    return rows
