"""Where a stage computes, and how it is kept from computing differently the next time."""

from typing import Annotated, Literal

import torch
from pydantic import Field

from stages.core.errors import BadConfigError
from stages.core.params import Params

_Count = Annotated[int, Field(ge=1)]


class TrainParams(Params):
    """`train` in params.yaml: the machine's side of a run.

    Attributes:
        device: `auto` takes a GPU if there is one.
        processes: ranks on this machine, each with a device of its own.
        threads: CPU threads of a rank; part of the recipe, since sums depend on it.
        workers: processes that prepare batches for each rank; they change no bit.
    """

    device: Literal["auto", "cpu", "cuda"] = "auto"
    processes: _Count = 1
    threads: _Count = 2
    workers: Annotated[int, Field(ge=0)] = 0


def settle(train: TrainParams, local_rank: int = 0) -> torch.device:
    """Fix what makes sums differ, and choose the device of this rank.

    Raises:
        BadConfigError: a GPU is asked for and there is none for this rank.
    """
    torch.set_num_threads(train.threads)
    if torch.get_num_interop_threads() != 1:
        torch.set_num_interop_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    # a help in finding bugs that takes a twentieth of the time and changes no bit
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    count = torch.cuda.device_count()
    if train.device == "cpu" or (train.device == "auto" and count == 0):
        return torch.device("cpu")
    if local_rank >= count:
        raise BadConfigError(
            f"train.device, train.processes: rank {local_rank} needs a GPU of its own, and there are {count}"
        )
    return torch.device("cuda", local_rank)
