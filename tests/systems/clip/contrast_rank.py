"""One rank of a distributed loss, run as a program: rank, world and folder are its arguments.

Rank 0 writes `result.json`: the loss, and the gradients of all rows averaged over ranks as DDP does.
"""

import json
import os
import sys
from pathlib import Path

import torch
import torch.distributed as dist

from stages.systems.clip.loss import contrastive_loss

ROWS = 8


def features(rows: int = ROWS) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Features of images and texts in float64, and a scale."""
    random = torch.Generator().manual_seed(5)
    images, texts = (torch.randn(rows, 6, generator=random, dtype=torch.float64) for _ in range(2))
    return images, texts, torch.tensor(3.0, dtype=torch.float64)


def main(rank: int, world: int, folder: Path) -> None:
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=world)
    images, texts, scale = (each.requires_grad_() for each in features())
    share = slice(rank * ROWS // world, (rank + 1) * ROWS // world)
    loss, _ = contrastive_loss(images[share], texts[share], scale)
    loss.backward()
    results = [loss.detach(), images.grad, texts.grad, scale.grad]
    for each in results:
        dist.all_reduce(each)
    if rank == 0:
        content = [(each / world).flatten().tolist() for each in results]
        (folder / "result.json").write_text(json.dumps(content))
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
