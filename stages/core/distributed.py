"""Several ranks that train one model: started here, or from outside by torchrun.

Gloo on CPUs, NCCL on GPUs. Rank 0 writes; all ranks read the same checkpoint.
"""

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from stages.core.files import fresh_folder
from stages.core.process import run_stage, stop_requested

_STORE = "TENFOLD_RANKS"  # the file through which ranks started by `launch` find each other


def rank() -> int:
    """This process's number, 0 when it is alone."""
    return dist.get_rank() if dist.is_initialized() else 0


def world() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def launched() -> bool:
    """Whether this process was started as one of several ranks, by `launch` or by torchrun."""
    return "RANK" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1


def env_rank() -> int:
    """The rank this process was started as, known before it joins the others."""
    return int(os.environ["RANK"]) if launched() else 0


def env_local_rank() -> int:
    """The rank among those on this machine: the number of the GPU to take."""
    return int(os.environ["LOCAL_RANK"]) if launched() else 0


@contextlib.contextmanager
def joined(device: torch.device) -> Iterator[None]:
    """Belong to the group of ranks, if this process was started as one of several."""
    if not launched():
        yield
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    dist.init_process_group(
        "nccl" if device.type == "cuda" else "gloo",
        init_method=f"file://{os.environ[_STORE]}" if _STORE in os.environ else "env://",
        rank=env_rank(),
        world_size=int(os.environ["WORLD_SIZE"]),
    )
    try:
        yield
    finally:
        dist.destroy_process_group()


def launch(work: Callable[[], None], processes: int, folder: Path) -> None:
    """Run `work` in several ranks on this machine and wait for all of them.

    Args:
        work: picklable; it calls `joined`.
        processes: how many.
        folder: where the ranks meet, through a file: no port that might be in use.

    Raises:
        SystemExit: a rank failed, with its exit code. The other ranks are ended.
    """
    store = (fresh_folder(folder / "ranks") / "store").resolve()
    context = multiprocessing.get_context("spawn")
    ranks = [
        context.Process(target=_run_rank, args=(work, number, processes, store))
        for number in range(processes)
    ]
    try:
        for each in ranks:
            each.start()
        code = _wait(ranks)
    finally:
        for each in ranks:
            if each.is_alive():
                each.kill()
            if each.pid:
                each.join()
    if code:
        raise SystemExit(code)


def mean(values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The mean over all ranks of scalars that every rank has under the same names."""
    if world() == 1:
        return dict(values)
    names = sorted(values)
    stacked = torch.stack([values[name] for name in names])
    dist.all_reduce(stacked)
    return dict(zip(names, stacked / world(), strict=True))


def anywhere(flag: bool) -> bool:
    """Whether the flag is set on any rank, so that all of them stop after the same step."""
    if world() == 1:
        return flag
    device = "cuda" if dist.get_backend() == "nccl" else "cpu"
    votes = torch.tensor(int(flag), device=device)
    dist.all_reduce(votes)
    return bool(votes.item())


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


def _run_rank(work: Callable[[], None], number: int, processes: int, store: Path) -> None:
    """A rank's whole life. It leaves the process group, so that a signal reaches it once: from `_wait`."""
    os.setpgrp()
    os.environ |= {"RANK": str(number), "LOCAL_RANK": str(number), "WORLD_SIZE": str(processes)}
    os.environ[_STORE] = str(store)
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    sys.exit(run_stage(work))


def _wait(ranks: Sequence[BaseProcess]) -> int:
    """Wait for all ranks or for the first that fails; pass a request to stop on to them."""
    told = False
    while running := [each for each in ranks if each.exitcode is None]:
        multiprocessing.connection.wait([each.sentinel for each in running], timeout=0.2)
        failed = [each.exitcode for each in ranks if each.exitcode]
        if failed and not told:
            return failed[0] if failed[0] > 0 else 128 - failed[0]
        if stop_requested() and not told:
            told = True
            for each in running:
                each.terminate()
    return 0
