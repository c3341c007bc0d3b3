"""Linear layers whose bits do not depend on the processor's maker.

torch multiplies matrices with MKL, which chooses its code by the maker of the processor. The setting that
makes it choose the same everywhere (`MKL_CBWR=COMPATIBLE`, see `stages/__init__.py`) halves its speed.
oneDNN, by which torch convolves, chooses by instruction set alone and is nearly as fast as MKL at its best,
so it computes the layers, where most of the time goes.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Multiply as `torch.nn.functional.linear` does, by oneDNN for float32 on a CPU.

    Args:
        x: [..., I].
        weight: [O, I].
        bias: [O].

    Returns:
        [..., O].
    """
    if x.device.type != "cpu" or x.dtype != torch.float32 or torch.is_autocast_enabled("cpu"):
        return F.linear(x, weight, bias)
    return F.linear(x.to_mkldnn(), weight, bias).to_dense()


class Linear(nn.Linear):
    """`nn.Linear` by `linear`; the names and the initialisation of its tensors are the same."""

    def forward(self, x: Tensor) -> Tensor:
        """[..., I] to [..., O]."""
        return linear(x, self.weight, self.bias)
