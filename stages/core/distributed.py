"""Several ranks that train one model: started here, or from outside by torchrun.

Gloo on CPUs, NCCL on GPUs. Rank 0 writes; all ranks read the same checkpoint.
"""

from collections.abc import Mapping
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def rank() -> int:
    """This process's number, 0 when it is alone."""
    return dist.get_rank() if dist.is_initialized() else 0


def world() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def mean(values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The mean over all ranks of scalars that every rank has under the same names."""
    if world() == 1:
        return dict(values)
    names = sorted(values)
    stacked = torch.stack([values[name] for name in names])
    dist.all_reduce(stacked)
    return dict(zip(names, stacked / world(), strict=True))


def all_gather_with_grad(tensor: Tensor) -> Tensor:
    """The tensors of all ranks along the first dimension, in rank order; gradients flow back to each.

    A contrastive loss compares a rank's rows with everybody's. Each rank's gradient is the sum over the
    losses of all ranks, which DDP then averages: together they are the gradient of the mean loss.

    Args:
        tensor: of the same shape (n, ...) on every rank.

    Returns:
        A tensor of shape (n * world, ...).
    """
    if world() == 1:
        return tensor
    gathered: Tensor = _Gather.apply(tensor)  # type: ignore[no-untyped-call]
    return gathered


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, tensor: Tensor) -> Tensor:
        context.rows = tensor.shape[0]
        parts = [torch.empty_like(tensor) for _ in range(world())]
        dist.all_gather(parts, tensor.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous()
        dist.all_reduce(total)
        start = rank() * context.rows
        return total[start : start + context.rows]
