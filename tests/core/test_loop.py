"""From a checkpoint to the last step, stopped anywhere."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from toy_system import System, ToyParams

from stages.core import loop
from stages.core.journal import Row
from stages.core.learner import Learner

RECIPE = {
    "steps": 9,
    "batch_size": 8,
    "accumulate": 2,
    "learning_rate": 0.01,
    "schedule": "cosine",
    "ema": 0.9,
    "checkpoint_every": 4,
    "log_every": 2,
}


def run(folder: Path, commits: list[int] | None = None, **changes: Any) -> tuple[Learner, list[Row] | None]:
    params = ToyParams(recipe={**RECIPE, **changes})
    build = partial(System, params, 7, Path())
    system = build()
    job = loop.Job(name="toy", seed=7, pace=params.recipe, folder=folder, key="k", build=build)
    state = system.init(torch.device("cpu"))
    rows = loop.run(job, system, state, lambda _: commits.append(state.step) if commits is not None else None)
    return state, rows


def same(one: Learner, other: Learner) -> bool:
    ours, theirs = one.tensors(), other.tensors()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> tuple[Learner, list[Row] | None, bytes]:
    folder = tmp_path_factory.mktemp("straight")
    state, rows = run(folder)
    return state, rows, (folder / "metrics.jsonl").read_bytes()


@pytest.mark.parametrize("step", range(1, 9))
def test_stopped_at_any_step_and_resumed_it_ends_with_the_same_bits(
    step: int, straight: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = iter(number == step for number in range(1, 10))
    with monkeypatch.context() as patch:
        patch.setattr(loop, "stop_requested", lambda: next(asked))
        stopped, rows = run(tmp_path)
    assert (stopped.step, rows) == (step, None)
    torch.manual_seed(step)  # whatever the generator's state is: each step is seeded
    state, rows = run(tmp_path)
    assert same(state, straight[0])
    assert rows == straight[1]
    assert (tmp_path / "metrics.jsonl").read_bytes() == straight[2]


def test_points_and_commits_come_as_often_as_asked_and_at_the_end(tmp_path: Path) -> None:
    commits: list[int] = []
    _, rows = run(tmp_path, commits)
    assert [row["step"] for row in rows or []] == [2, 4, 6, 8, 9]
    assert commits == [0, 4, 8, 9]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["metrics.jsonl", "step-000008", "step-000009"]


def test_a_curve_has_at_most_two_thousand_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_MOST_POINTS", 3)
    _, rows = run(tmp_path, log_every=1)
    assert [row["step"] for row in rows or []] == [3, 6, 9]


def test_a_finished_run_takes_no_step(tmp_path: Path, straight: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path)
    monkeypatch.delattr(System, "step")
    state, rows = run(tmp_path)
    assert same(state, straight[0])
    assert rows == straight[1]


def test_a_run_of_another_seed_differs(straight: Any, tmp_path: Path) -> None:
    params = ToyParams(recipe=RECIPE)
    build = partial(System, params, 8, Path())
    job = loop.Job(name="toy", seed=8, pace=params.recipe, folder=tmp_path, key="k", build=build)
    rows = loop.run(job, build(), build().init(torch.device("cpu")))
    assert rows != straight[1]
