"""The state of a network that learns: weights, AdamW's moments, averages, and one optimiser step.

Every neural system takes its steps here, so that precision, accumulation, clipping, schedules, averaging and
distribution are written once, and so that a checkpoint holds everything the next step depends on.
"""

import contextlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Literal, Protocol, runtime_checkable

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from stages.core import distributed
from stages.core.errors import BadConfigError, BadDataError
from stages.core.loop import Pace

Batch = Mapping[str, Tensor]
Loss = Callable[[nn.Module, Batch], tuple[Tensor, dict[str, Tensor]]]

_Count = Annotated[int, Field(ge=1)]
_Fraction = Annotated[float, Field(ge=0, lt=1)]
_AUTOCAST = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_MOMENTS = ("step", "exp_avg", "exp_avg_sq")  # AdamW's state per parameter


class Recipe(Pace):
    """How long and how a network is trained: `systems.<name>.recipe` in params.yaml.

    Attributes:
        batch_size: samples of a step over all ranks and micro-batches.
        accumulate: micro-batches per step and rank; the same numbers in less memory.
        learning_rate: at the peak.
        warmup: steps over which the rate rises linearly from 0.
        schedule: how the rate falls after the warm-up.
        final_fraction: the last rate as a fraction of the peak.
        weight_decay: decoupled, on matrices only.
        beta1: decay of the first moment.
        beta2: decay of the second moment.
        epsilon: added to the root of the second moment.
        clip_norm: the largest norm of the gradient; none by default.
        ema: decay of the weights' exponential moving average, which is then what is published.
        precision: of the forward pass; weights and moments stay float32.
        compile: whether torch.compile is used.
    """

    batch_size: _Count
    accumulate: _Count = 1
    learning_rate: Annotated[float, Field(gt=0)]
    warmup: Annotated[int, Field(ge=0)] = 0
    schedule: Literal["cosine", "linear", "constant"]
    final_fraction: Annotated[float, Field(ge=0, le=1)] = 0.0
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    beta1: _Fraction = 0.9
    beta2: _Fraction = 0.999
    epsilon: Annotated[float, Field(gt=0)] = 1e-8
    clip_norm: Annotated[float, Field(gt=0)] | None = None
    ema: _Fraction | None = None
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    compile: bool = False

    def rate(self, step: int) -> float:
        """The learning rate of a step, the first being 0."""
        if step < self.warmup:
            return self.learning_rate * (step + 1) / self.warmup
        progress = min(1.0, (step - self.warmup) / max(1, self.steps - self.warmup))
        falling = {
            "cosine": (1 + math.cos(math.pi * progress)) / 2,
            "linear": 1 - progress,
            "constant": 1.0,
        }[self.schedule]
        return self.learning_rate * (self.final_fraction + (1 - self.final_fraction) * falling)


@runtime_checkable
class Constrained(Protocol):
    """A module whose weights are brought back into bounds after each step, as CLIP's temperature is."""

    def after_step(self) -> None:
        """Change weights in place; called without gradients, before they are averaged."""
        ...


class _Objective(nn.Module):
    """The loss as a module, so that DDP and torch.compile see the whole computation.

    A loss may call any method of the network (`encode_image`), which DDP around the network would miss.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, loss: Loss, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        return loss(self.network, batch)


class Learner:
    """A `State` over a module: weights, optimiser, averages, and the number of steps done.

    Args:
        module: the network, initialised; it is moved to `device`. It may define `after_step()`.
        recipe: how it is trained.
        device: where.

    Raises:
        BadConfigError: float16 without CUDA, where there is no arithmetic for it.
    """

    def __init__(self, module: nn.Module, recipe: Recipe, device: torch.device) -> None:
        if recipe.precision == "float16" and device.type != "cuda":
            raise BadConfigError("recipe.precision: float16 needs a CUDA device; use bfloat16 or float32")
        self.module = module.to(device)
        self.recipe = recipe
        self.device = device
        self.step = 0
        self._scaler = torch.amp.GradScaler(device.type, enabled=recipe.precision == "float16")
        self._trained = {name: each for name, each in module.named_parameters() if each.requires_grad}
        self._optimizer = _adamw(self._trained.values(), recipe)
        self._average = _copies(self.module.state_dict()) if recipe.ema is not None else {}
        self._objective = self._wrap()

    def update(self, loss: Loss, micro_batches: Sequence[Batch]) -> dict[str, float]:
        """Take one optimiser step.

        Args:
            loss: maps (module, batch on the device) to a scalar, the mean over the batch, and further
                scalars to record.
            micro_batches: equal parts of this rank's share of the batch, on the CPU.

        Returns:
            `loss`, `learning_rate`, `grad_norm` (before clipping) and the means of the further scalars over
            micro-batches and ranks; of these only what is finite.

        Raises:
            BadConfigError: the loss or the gradient is not finite. The weights are as before the step.
        """
        rate = self.recipe.rate(self.step)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.zero_grad(set_to_none=True)
        means = self._accumulate(loss, micro_batches)
        self._scaler.unscale_(self._optimizer)
        limit = math.inf if self.recipe.clip_norm is None else self.recipe.clip_norm
        norm = nn.utils.clip_grad_norm_(list(self._trained.values()), limit)
        record = _to_floats({**means, "grad_norm": norm})
        self._check_finite(record)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self.step += 1
        self._after_step()
        finite = {name: value for name, value in record.items() if math.isfinite(value)}
        return {**finite, "learning_rate": rate}

    def tensors(self) -> dict[str, Tensor]:
        """Everything the next step depends on, by name; not copied."""
        result = {f"module/{name}": each for name, each in self.module.state_dict().items()}
        result |= {f"average/{name}": each for name, each in self._average.items()}
        for name, parameter in self._trained.items():
            for moment, value in self._optimizer.state[parameter].items():
                result[f"optimizer/{moment}/{name}"] = value
        if self._scaler.is_enabled():
            state = self._scaler.state_dict()
            result["scaler/scale"] = torch.tensor(state["scale"], dtype=torch.float64)
            result["scaler/growth"] = torch.tensor(state["_growth_tracker"])
        return result

    def restore(self, tensors: Mapping[str, Tensor], step: int) -> None:
        """Become the saved state, bit for bit.

        Raises:
            BadDataError: names or shapes do not fit the module or the recipe.
        """
        parts: dict[str, dict[str, Tensor]] = {"module": {}, "average": {}, "optimizer": {}, "scaler": {}}
        for name, value in tensors.items():
            part, _, rest = name.partition("/")
            parts.setdefault(part, {})[rest] = value
        _load(self.module.state_dict(), parts.pop("module"), "module")
        _load(self._average, parts.pop("average"), "average")
        self._restore_moments(parts.pop("optimizer"))
        self._restore_scaler(parts.pop("scaler"))
        if parts:
            raise BadDataError(f"the checkpoint has unknown parts: {', '.join(sorted(parts))}")
        self.step = step

    def published(self) -> dict[str, Tensor]:
        """The averaged weights if the recipe has an average, else the weights; on the CPU, contiguous."""
        weights = self._average or self.module.state_dict()
        return {name: each.detach().cpu().contiguous() for name, each in weights.items()}

    def _wrap(self) -> nn.Module:
        objective: nn.Module = _Objective(self.module)
        if distributed.world() > 1:
            objective = DistributedDataParallel(objective)
        if self.recipe.compile:
            objective.compile()
        return objective

    def _accumulate(self, loss: Loss, micro_batches: Sequence[Batch]) -> dict[str, Tensor]:
        """Sum up the gradients of all micro-batches; only the last one synchronises the ranks."""
        sums: dict[str, Tensor] = {}
        share = 1 / len(micro_batches)
        for number, batch in enumerate(micro_batches, start=1):
            moved = {name: each.to(self.device, non_blocking=True) for name, each in batch.items()}
            with self._unsynchronised(number < len(micro_batches)):
                with self._autocast():
                    value, extra = self._objective(loss, moved)
                self._scaler.scale(value * share).backward()
            for name, each in {**extra, "loss": value}.items():
                sums[name] = sums.get(name, 0) + each.detach().to(self.device, torch.float32) * share
        return distributed.mean(sums)

    def _autocast(self) -> contextlib.AbstractContextManager[object]:
        dtype = _AUTOCAST[self.recipe.precision]
        if dtype is torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype)

    def _unsynchronised(self, wanted: bool) -> contextlib.AbstractContextManager[object]:
        if wanted and isinstance(self._objective, DistributedDataParallel):
            return self._objective.no_sync()
        return contextlib.nullcontext()

    def _check_finite(self, record: Mapping[str, float]) -> None:
        # a scaler expects infinite gradients now and then, skips the step, and lowers its scale
        watched = ("loss",) if self._scaler.is_enabled() else ("loss", "grad_norm")
        for name in watched:
            if not math.isfinite(record[name]):
                raise BadConfigError(
                    f"step {self.step}: {name} is {record[name]}, and nothing was saved since the last "
                    "checkpoint; lower recipe.learning_rate, set recipe.clip_norm or lengthen recipe.warmup"
                )

    @torch.no_grad()
    def _after_step(self) -> None:
        if isinstance(self.module, Constrained):
            self.module.after_step()
        if self.recipe.ema is None:
            return
        # early on the average follows faster, or a short run would publish its initial weights
        decay = min(self.recipe.ema, (1 + self.step) / (10 + self.step))
        for name, value in self.module.state_dict().items():
            average = self._average[name]
            if average.is_floating_point():
                average.lerp_(value, 1 - decay)
            else:
                average.copy_(value)

    def _restore_moments(self, saved: Mapping[str, Tensor]) -> None:
        self._optimizer.state.clear()
        for path, value in saved.items():
            moment, _, name = path.partition("/")
            parameter = self._trained.get(name)
            if parameter is None or moment not in _MOMENTS:
                raise BadDataError(f"the checkpoint's optimizer/{path} belongs to no trained parameter")
            self._optimizer.state[parameter][moment] = value.clone().to(parameter.device)

    def _restore_scaler(self, saved: Mapping[str, Tensor]) -> None:
        if self._scaler.is_enabled() != bool(saved):
            raise BadDataError("the checkpoint was written with another recipe.precision")
        if saved:
            state = self._scaler.state_dict()
            state |= {"scale": saved["scale"].item(), "_growth_tracker": int(saved["growth"].item())}
            self._scaler.load_state_dict(state)


def _adamw(parameters: Iterable[nn.Parameter], recipe: Recipe) -> torch.optim.AdamW:
    everything = list(parameters)
    groups = [
        {"params": [each for each in everything if each.ndim >= 2], "weight_decay": recipe.weight_decay},
        {"params": [each for each in everything if each.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=recipe.learning_rate,
        betas=(recipe.beta1, recipe.beta2),
        eps=recipe.epsilon,
        # the only implementation whose square root is the processor's own: the others call a library that
        # rounds differently on Intel's and AMD's processors, and weights would differ between them
        fused=True,
    )


def _copies(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: each.detach().clone() for name, each in tensors.items()}


def _to_floats(values: Mapping[str, Tensor]) -> dict[str, float]:
    """All scalars in one transfer, since each one would wait for the device."""
    numbers = torch.stack([each.detach().float() for each in values.values()]).tolist()
    return dict(zip(values, numbers, strict=True))


@torch.no_grad()
def _load(target: Mapping[str, Tensor], saved: Mapping[str, Tensor], part: str) -> None:
    if target.keys() != saved.keys():
        names = sorted(target.keys() ^ saved.keys())[:3]
        raise BadDataError(f"the checkpoint does not fit the {part}: {', '.join(names)} in one only")
    for name, value in saved.items():
        if target[name].shape != value.shape or target[name].dtype != value.dtype:
            raise BadDataError(f"the checkpoint's {part}/{name} is {value.dtype} {tuple(value.shape)}")
        target[name].copy_(value)
