"""SIGKILL at any moment costs time and nothing else: the next run ends with the bits of an unbroken one."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.fault

MOMENTS = [
    "step-1",
    "step-6",
    "checkpoint-before-meta",
    "checkpoint-before-rename",
    "checkpoint-before-prune",
    "commit-before-tracking",
    "commit-4",
    "commit-12",
    "published",
]


def assert_as_unbroken(toy: Any, unbroken: Any) -> None:
    assert toy.outputs() == unbroken.outputs()
    assert toy.runs() == ["FINISHED"]
    for metric in ("loss", "grad_norm", "learning_rate"):
        assert toy.points(metric) == unbroken.points(metric)


def test_the_unbroken_run_has_one_run_and_one_point_per_step(unbroken: Any) -> None:
    assert unbroken.runs() == ["FINISHED"]
    assert [step for step, _ in unbroken.points()] == list(range(1, 13))
    assert unbroken.checkpoints() == ["step-000008", "step-000012"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_a_moment(moment: str, make_toy: Callable[..., Any], unbroken: Any) -> None:
    toy = make_toy()
    assert toy.run(TENFOLD_FAIL_AT=moment) == -9
    assert toy.run() == 0, toy.errors
    assert toy.run("evaluate") == 0, toy.errors
    assert_as_unbroken(toy, unbroken)
    assert not list(toy.folder.rglob("*.part")) + list(toy.folder.rglob("*.tmp-*"))


def test_killed_at_every_moment_one_after_the_other(make_toy: Callable[..., Any], unbroken: Any) -> None:
    toy = make_toy()
    for moment in MOMENTS:
        toy.run(TENFOLD_FAIL_AT=moment)
    assert (toy.run(), toy.run("evaluate", TENFOLD_FAIL_AT="evaluated"), toy.run("evaluate")) == (0, -9, 0)
    assert_as_unbroken(toy, unbroken)


@pytest.mark.parametrize("lines", [0, 1, 3, 5, 7, 10])
def test_killed_when_the_journal_has_some_lines(
    lines: int, make_toy: Callable[..., Any], unbroken: Any
) -> None:
    toy = make_toy()

    def written() -> bool:
        journals = list((toy.folder / "data/work/toy").glob("*/metrics.jsonl"))
        return any(path.read_bytes().count(b"\n") >= lines for path in journals)

    toy.kill_when(toy.start(), written)
    assert (toy.run(), toy.run("evaluate")) == (0, 0), toy.errors
    assert_as_unbroken(toy, unbroken)


def test_a_finished_run_is_published_again_without_a_step(
    make_toy: Callable[..., Any], unbroken: Any
) -> None:
    toy = make_toy()
    assert toy.run() == 0
    assert toy.run(TENFOLD_FAIL_AT="step-1") == 0
    assert toy.run("evaluate") == 0
    assert_as_unbroken(toy, unbroken)
