"""One optimiser step, and the state it leaves."""

import math
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from stages.core.errors import BadConfigError, BadDataError
from stages.core.learner import Batch, Learner, Recipe

CPU = torch.device("cpu")


def recipe(**changes: Any) -> Recipe:
    basis = {
        "steps": 10,
        "batch_size": 8,
        "learning_rate": 0.01,
        "schedule": "cosine",
        "checkpoint_every": 2,
        "log_every": 1,
    }
    return Recipe(**{**basis, **changes})


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8), nn.BatchNorm1d(8), nn.Linear(8, 1))


def batches(step: int, parts: int = 1) -> list[Batch]:
    x = torch.randn(8, 4, generator=torch.Generator().manual_seed(step))
    return [{"x": part, "y": part.sum(1, keepdim=True)} for part in x.chunk(parts)]


def loss(module: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
    off = module(batch["x"]) - batch["y"]
    return off.square().mean(), {"error": off.abs().mean()}


def train(learner: Learner, until: int) -> dict[str, float]:
    record: dict[str, float] = {}
    for step in range(learner.step, until):
        record = learner.update(loss, batches(step, parts=2))
    return record


def copy(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in tensors.items()}


@pytest.mark.parametrize(
    "changes",
    [{}, {"ema": 0.9}, {"precision": "bfloat16"}, {"clip_norm": 0.1, "warmup": 3, "weight_decay": 0.1}],
)
@pytest.mark.parametrize("step", [0, 1, 5, 9])
def test_a_restored_learner_goes_on_with_the_same_bits(changes: dict[str, Any], step: int) -> None:
    straight = Learner(network(), recipe(**changes), CPU)
    train(straight, step)
    saved = copy(straight.tensors())
    resumed = Learner(network(), recipe(**changes), CPU)
    resumed.restore(saved, step)
    assert train(straight, 10) == train(resumed, 10)
    ours, theirs = straight.tensors(), resumed.tensors()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert resumed.step == 10


def test_it_learns() -> None:
    learner = Learner(nn.Linear(4, 1), recipe(steps=200, learning_rate=0.05), CPU)
    first = learner.update(loss, batches(0))["loss"]
    assert train(learner, 200)["loss"] < first / 100


def test_micro_batches_add_up_to_the_whole_batch() -> None:
    whole, parts = (Learner(nn.Linear(4, 1), recipe(), CPU) for _ in range(2))
    parts.module.load_state_dict(whole.module.state_dict())
    one = whole.update(loss, batches(0, parts=1))
    four = parts.update(loss, batches(0, parts=4))
    assert one == pytest.approx(four, rel=1e-5)
    torch.testing.assert_close(whole.module.state_dict(), parts.module.state_dict())


def test_only_matrices_decay() -> None:
    module = network()
    before = copy(module.state_dict())
    learner = Learner(module, recipe(weight_decay=0.5), CPU)

    def nothing(module: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        return sum(each.sum() for each in module.parameters()) * 0.0, {}

    learner.update(nothing, batches(0))
    after = module.state_dict()
    for name, parameter in module.named_parameters():
        factor = 1 - 0.01 * 0.5 if parameter.ndim > 1 else 1.0
        torch.testing.assert_close(after[name], before[name] * factor)


def test_frozen_weights_stay_and_are_published() -> None:
    module = network()
    module[0].requires_grad_(requires_grad=False)
    before = copy(module.state_dict())
    learner = Learner(module, recipe(), CPU)
    train(learner, 3)
    assert torch.equal(learner.published()["0.weight"], before["0.weight"])
    assert not torch.equal(learner.published()["3.weight"], before["3.weight"])


def test_gradients_are_clipped_and_their_norm_is_told_before() -> None:
    steps = []
    for limit in (None, 1e-3):
        module = nn.Linear(4, 1)
        nn.init.ones_(module.weight)
        learner = Learner(module, recipe(clip_norm=limit, epsilon=1.0, learning_rate=1.0), CPU)
        record = learner.update(
            lambda m, b: (100 * loss(m, b)[0] + m.bias.sum() + m.weight.sum(), {}), batches(0)
        )
        assert record["grad_norm"] > 1
        steps.append((module.weight - 1).norm().item())
    assert steps[1] < steps[0] / 100


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_is_refused_before_the_step(value: float) -> None:
    learner = Learner(network(), recipe(), CPU)
    train(learner, 3)
    before = copy(dict(learner.module.named_parameters()))
    with pytest.raises(BadConfigError, match="step 3: loss is"):
        learner.update(lambda m, b: (loss(m, b)[0] * value, {}), batches(3))
    assert learner.step == 3
    assert all(torch.equal(before[name], each) for name, each in learner.module.named_parameters())


def test_a_gradient_that_is_not_finite_is_refused() -> None:
    learner = Learner(nn.Linear(1, 1, bias=False), recipe(), CPU)
    nn.init.zeros_(learner.module.weight)
    with pytest.raises(BadConfigError, match="grad_norm is"):
        learner.update(lambda m, b: (m.weight.abs().sqrt().sum(), {}), batches(0))


def test_a_further_scalar_that_is_not_finite_is_left_out() -> None:
    learner = Learner(network(), recipe(), CPU)
    record = learner.update(lambda m, b: (loss(m, b)[0], {"odd": torch.tensor(math.nan)}), batches(0))
    assert record.keys() == {"loss", "grad_norm", "learning_rate"}


class Bounded(nn.Module):
    """A weight that may not exceed a bound, as CLIP's temperature."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(0.5))

    def after_step(self) -> None:
        self.scale.clamp_(max=0.6)


def test_a_module_may_bound_its_weights_before_they_are_averaged() -> None:
    learner = Learner(Bounded(), recipe(learning_rate=1.0, ema=0.5), CPU)
    for step in range(3):
        learner.update(lambda m, b: (-m.scale, {}), batches(step))
    assert learner.module.scale.item() == pytest.approx(0.6)
    assert 0.5 < learner.published()["scale"].item() <= 0.6


def test_the_average_is_published_and_lags_behind() -> None:
    learner = Learner(network(), recipe(ema=0.99), CPU)
    start = copy(learner.module.state_dict())["3.weight"]
    train(learner, 5)
    weight, average = learner.module.state_dict()["3.weight"], learner.published()["3.weight"]
    assert 0 < (average - start).norm() < (weight - start).norm()
    assert torch.equal(learner.published()["2.num_batches_tracked"], torch.tensor(10))


def test_restore_refuses_what_does_not_fit() -> None:
    learner = Learner(network(), recipe(), CPU)
    train(learner, 1)
    good = copy(learner.tensors())
    fewer = {name: value for name, value in good.items() if name != "module/0.weight"}
    other_shape = {**good, "module/0.weight": torch.zeros(2, 2)}
    unknown = {**good, "optimizer/exp_avg/9.weight": torch.zeros(1)}
    scaled = {**good, "scaler/scale": torch.tensor(1.0)}
    strange = {**good, "cache/x": torch.zeros(1)}
    for bad in (fewer, other_shape, unknown, scaled, strange):
        with pytest.raises(BadDataError):
            Learner(network(), recipe(), CPU).restore(bad, 1)
    with pytest.raises(BadDataError, match="average"):
        Learner(network(), recipe(ema=0.9), CPU).restore(good, 1)


def test_float16_needs_a_gpu() -> None:
    with pytest.raises(BadConfigError, match="float16 needs a CUDA device"):
        Learner(network(), recipe(precision="float16"), CPU)


recipes = st.builds(
    recipe,
    steps=st.integers(1, 500),
    warmup=st.integers(0, 100),
    schedule=st.sampled_from(["cosine", "linear", "constant"]),
    final_fraction=st.floats(0, 1),
)


@given(recipes)
def test_the_rate_rises_to_its_peak_and_falls_to_its_end(plan: Recipe) -> None:
    rates = [plan.rate(step) for step in range(plan.steps + 1)]
    turn = min(plan.warmup, plan.steps)
    assert all(0 <= rate <= plan.learning_rate * (1 + 1e-12) for rate in rates)
    assert rates[:turn] == sorted(rates[:turn])
    assert rates[turn:] == sorted(rates[turn:], reverse=True)
    if plan.warmup < plan.steps:
        end = 1.0 if plan.schedule == "constant" else plan.final_fraction
        assert rates[-1] == pytest.approx(plan.learning_rate * end)
