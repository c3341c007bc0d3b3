"""A process that is alone; several ranks are tested in tests/faults."""

from pathlib import Path

import pytest
import torch
from rank_work import fail_in_one

from stages.core import distributed


def test_alone_nothing_is_exchanged() -> None:
    tensor = torch.ones(2, 3, requires_grad=True)
    assert distributed.all_gather_with_grad(tensor) is tensor
    assert distributed.mean({"loss": tensor.sum()}) == {"loss": tensor.sum()}
    assert [distributed.anywhere(flag) for flag in (True, False)] == [True, False]
    assert (distributed.rank(), distributed.world()) == (0, 1)
    with distributed.joined(torch.device("cpu")):
        assert distributed.world() == 1


@pytest.mark.parametrize(("world", "launched", "rank"), [("1", False, 0), ("4", True, 3)])
def test_a_rank_knows_that_it_was_started_as_one(
    world: str, launched: bool, rank: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("RANK", "3"), ("LOCAL_RANK", "3"), ("WORLD_SIZE", world)):
        monkeypatch.setenv(name, value)
    assert distributed.launched() == launched
    assert (distributed.env_rank(), distributed.env_local_rank()) == (rank, rank)


def test_a_world_of_one_by_torchrun_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert not distributed.launched()


def test_a_rank_that_fails_ends_the_others(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        distributed.launch(fail_in_one, 2, tmp_path)
    assert ended.value.code == 65
