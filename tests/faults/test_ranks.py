"""Two ranks learn what one process learns, and resume as exactly; loader workers change nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

pytestmark = pytest.mark.fault

# dropout draws differ between ranks, so it is off where ranks are compared with one process
MODEL = {"dropout": 0.0, "contrast": 0.1}


def start_ranks(toy: Any, **env: str) -> list[int]:
    """Run two ranks as torchrun would start them; each answers its exit code."""
    store = toy.folder / "store"
    store.unlink(missing_ok=True)
    ranks = [
        toy.start(
            RANK=str(rank),
            LOCAL_RANK=str(rank),
            WORLD_SIZE="2",
            TENFOLD_RANKS=str(store),
            GLOO_SOCKET_IFNAME="lo",
            **env,
        )
        for rank in range(2)
    ]
    return [toy.wait(pid) for pid in ranks]


def weights(toy: Any) -> dict[str, Any]:
    return load_file(toy.folder / "data/models/toy/weights/model.safetensors")


def assert_close(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_allclose(value, other[name], rtol=2e-4, atol=2e-5)


@pytest.fixture(scope="module")
def alone(make_toy: Callable[..., Any]) -> Any:
    toy = make_toy(model=MODEL, batch_size=16, accumulate=1)
    assert toy.run() == 0, toy.errors
    return toy


@pytest.fixture(scope="module")
def together(make_toy: Callable[..., Any]) -> Any:
    toy = make_toy(model=MODEL, batch_size=16, accumulate=1)
    assert start_ranks(toy) == [0, 0], toy.errors
    return toy


def test_two_ranks_learn_what_one_process_learns(alone: Any, together: Any) -> None:
    assert_close(weights(alone), weights(together))
    np.testing.assert_allclose(alone.points(), together.points(), rtol=1e-3)
    assert together.runs() == ["FINISHED"]


def test_two_ranks_resume_exactly(together: Any, make_toy: Callable[..., Any]) -> None:
    toy = make_toy(model=MODEL, batch_size=16, accumulate=1)
    assert start_ranks(toy, TENFOLD_FAIL_AT="step-6") == [-9, -9]
    assert start_ranks(toy) == [0, 0], toy.errors
    assert toy.outputs() == together.outputs()
    assert toy.points() == together.points()


def test_ranks_started_by_parameter(make_toy: Callable[..., Any], together: Any) -> None:
    toy = make_toy(train={"processes": 2}, model=MODEL, batch_size=16, accumulate=1)
    assert toy.run() == 0, toy.errors
    assert _model_bytes(toy.folder) == _model_bytes(together.folder)


def test_loader_workers_change_no_bit(make_toy: Callable[..., Any], unbroken: Any) -> None:
    toy = make_toy(train={"workers": 2})
    assert toy.run() == 0, toy.errors
    assert _model_bytes(toy.folder) == _model_bytes(unbroken.folder)
    assert toy.points() == unbroken.points()


def _model_bytes(folder: Path) -> bytes:
    return (folder / "data/models/toy/weights/model.safetensors").read_bytes()
