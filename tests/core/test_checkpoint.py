"""Whole or absent, and believed only when the hashes match."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor

from stages.core.checkpoint import Checkpoints, read_tensors, write_tensors
from stages.core.errors import BadDataError


class Counter:
    """A state of one number."""

    def __init__(self, value: float = 0, step: int = 0) -> None:
        self.value, self.step = torch.tensor(value), step

    def tensors(self) -> dict[str, Tensor]:
        return {"value": self.value}

    def restore(self, tensors: Mapping[str, Tensor], step: int) -> None:
        self.value, self.step = tensors["value"], step

    def published(self) -> dict[str, Tensor]:
        return self.tensors()


@pytest.fixture
def saved(tmp_path: Path) -> Checkpoints:
    checkpoints = Checkpoints(tmp_path / "run", "key")
    for step in (1, 2, 3):
        checkpoints.save(Counter(step * 10, step))
    return checkpoints


def restored(checkpoints: Checkpoints) -> tuple[float, int]:
    state = Counter()
    checkpoints.restore(state)
    return state.value.item(), state.step


def test_the_newest_is_taken_and_two_are_kept(saved: Checkpoints) -> None:
    assert restored(saved) == (30, 3)
    assert sorted(path.name for path in saved.folder.iterdir()) == ["step-000002", "step-000003"]


def test_without_a_checkpoint_the_state_stays(tmp_path: Path) -> None:
    assert restored(Checkpoints(tmp_path / "none", "key")) == (0, 0)


def test_steps_are_ordered_as_numbers(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, "key")
    for step in (999_999, 1_000_000):
        checkpoints.save(Counter(step, step))
    assert restored(checkpoints) == (1_000_000, 1_000_000)


def test_what_an_interrupted_writer_left_is_removed(saved: Checkpoints) -> None:
    stale = saved.folder / "step-000009.tmp-123"
    stale.mkdir()
    (stale / "state.safetensors").write_bytes(b"half")
    assert restored(saved) == (30, 3)
    assert not stale.exists()


def test_a_checkpoint_of_another_run_is_not_taken(saved: Checkpoints) -> None:
    assert restored(Checkpoints(saved.folder, "other")) == (0, 0)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"step": 3, "key": "key", "sha256": {}}', b"\xff"])
def test_a_description_that_is_none(saved: Checkpoints, content: bytes) -> None:
    (saved.folder / "step-000003" / "meta.json").write_bytes(content)
    assert restored(saved) == (20, 2)


def test_a_damaged_checkpoint_is_written_anew(saved: Checkpoints) -> None:
    (saved.folder / "step-000003" / "state.safetensors").write_bytes(b"")
    assert restored(saved) == (20, 2)
    saved.save(Counter(30, 3))
    assert restored(saved) == (30, 3)


def test_equal_tensors_are_equal_bytes(tmp_path: Path) -> None:
    tensors = {name: torch.arange(6.0).reshape(2, 3) for name in "cab"}
    write_tensors(tmp_path / "one", tensors)
    write_tensors(tmp_path / "two", dict(reversed(tensors.items())))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_shared_transposed_and_empty_tensors_survive(tmp_path: Path) -> None:
    base = torch.arange(6.0).reshape(2, 3)
    tensors = {
        "base": base,
        "tied": base,
        "across": base.T,
        "row": base[1],
        "none": torch.zeros(0),
        "one": torch.tensor(3),
    }
    write_tensors(tmp_path / "file", tensors)
    found = read_tensors(tmp_path / "file")
    assert found.keys() == tensors.keys()
    assert all(torch.equal(found[name], tensors[name]) for name in tensors)


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x04K\x01.", (2**63).to_bytes(8, "little") + b"{}", b"x" * 100]
)
def test_what_is_no_safetensors_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(BadDataError, match=r"model\.safetensors"):
        read_tensors(path)
