"""A system that trains in a second: a small regression with dropout, so that every random draw counts."""

import os
import resource
import time
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

import stages  # noqa: F401 - the instruction caps come before torch
from stages.core import plotting
from stages.core.distributed import all_gather_with_grad
from stages.core.evaluation import Claim, Evaluation
from stages.core.learner import Batch, Learner, Recipe
from stages.core.params import Params
from stages.core.seeds import fold, generator

WIDTH = 6


class ToyParams(Params):
    width: int = 8
    dropout: float = 0.1
    contrast: float = 0.0
    recipe: Recipe


class System:
    Params: ClassVar = ToyParams
    corpora: ClassVar = ("toys",)
    claims: ClassVar = (
        Claim("toy.learns", "It learns.", metric="error", relation="<", reference="error_at_start"),
        Claim("toy.flies", "It flies.", paper="10 m", needs="wings"),
    )

    def __init__(self, params: ToyParams, seed: int, shards: Any) -> None:
        self.params, self.seed = params, seed

    @property
    def steps(self) -> int:
        return self.params.recipe.steps

    def init(self, device: torch.device) -> Learner:
        torch.manual_seed(fold(self.seed, "toy", "init"))
        return Learner(self._network(), self.params.recipe, device)

    def batch(self, step: int, rank: int = 0, world: int = 1) -> list[Batch]:
        recipe = self.params.recipe
        x = torch.from_numpy(
            generator(self.seed, "toy", step).normal(size=(recipe.batch_size, WIDTH))
        ).float()
        y = x.sin().sum(1, keepdim=True)
        parts = zip(x.chunk(world * recipe.accumulate), y.chunk(world * recipe.accumulate), strict=True)
        return [
            {"x": a, "y": b}
            for a, b in list(parts)[rank * recipe.accumulate : (rank + 1) * recipe.accumulate]
        ]

    def step(self, state: Learner, batch: list[Batch]) -> dict[str, float]:
        """What a test asks for by environment may happen here."""
        time.sleep(float(os.environ.get("TOY_SLEEP", "0")))
        if "TOY_LARGEST_FILE" in os.environ:
            limit = int(os.environ["TOY_LARGEST_FILE"])
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        if os.environ.get("TOY_NAN_AT") == str(state.step):
            batch = [{"x": each["x"] * float("nan"), "y": each["y"]} for each in batch]
        return state.update(self.loss, batch)

    def loss(self, module: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        found = module(batch["x"])
        off = found - batch["y"]
        # own rows against everybody's, as in a contrastive loss: [n, 1] - [1, n * world]
        spread = (found - all_gather_with_grad(found).T).square().mean()
        return off.square().mean() + self.params.contrast * spread, {"error": off.abs().mean()}

    def config(self) -> dict[str, Any]:
        return {"width": self.params.width}

    def evaluate(self, tensors: dict[str, Tensor], device: torch.device) -> Evaluation:
        torch.manual_seed(fold(self.seed, "toy", "init"))
        network = self._network().eval()
        batch = self.batch(1_000_000)[0]
        before = (network(batch["x"]) - batch["y"]).abs().mean().item()
        network.load_state_dict(tensors)
        after = (network(batch["x"]) - batch["y"]).abs().mean().item()
        figure, axes = plotting.figure()
        axes.plot([0, 1], [before, after])
        return Evaluation({"error": after, "error_at_start": before}, {"error": figure})

    def _network(self) -> nn.Module:
        p = self.params
        return nn.Sequential(
            nn.Linear(WIDTH, p.width),
            nn.LayerNorm(p.width),
            nn.GELU(),
            nn.Dropout(p.dropout),
            nn.Linear(p.width, 1),
        )
