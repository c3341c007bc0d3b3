"""Slots: how many there are, and that the kernel gives back what a dead holder had."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from flows import slots

HOLDER = """
import sys, time
from pathlib import Path
from flows import slots
with slots.held(slots.Slots("gpu", ("GPU-a",), folder=Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def two(tmp_path: Path) -> slots.Slots:
    return slots.Slots("gpu", ("GPU-a", "GPU-b"), folder=tmp_path / "slots")


@pytest.fixture
def params(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv(slots.VARIABLE, raising=False)
    monkeypatch.setattr(slots.shutil, "which", lambda _name: None)
    monkeypatch.setattr(slots, "cores", lambda: 8)
    path = tmp_path / "params.yaml"
    path.write_text("train: {device: auto, processes: 1, threads: 2}\n")
    return path


def never() -> bool:
    return False


def at_once() -> bool:
    return True


def test_a_holder_is_confined_to_its_gpu(two: slots.Slots) -> None:
    with slots.held(two) as first, slots.held(two) as second:
        assert first == {"CUDA_VISIBLE_DEVICES": "GPU-a"}
        assert second == {"CUDA_VISIBLE_DEVICES": "GPU-b"}
        assert slots.count_held(two) == 2
    assert slots.count_held(two) == 0


def test_a_slot_is_held_by_one_at_a_time(two: slots.Slots) -> None:
    one = replace(two, names=("GPU-a",))
    with slots.held(one), pytest.raises(InterruptedError), slots.held(one, at_once):
        pass
    with slots.held(one, at_once):
        pass


def test_a_holder_that_fails_gives_its_slot_back(two: slots.Slots) -> None:
    with pytest.raises(RuntimeError), slots.held(two):
        raise RuntimeError
    assert slots.count_held(two) == 0


def test_who_needs_two_takes_both_or_none(two: slots.Slots) -> None:
    both = replace(two, each=2)
    with slots.held(two):
        with pytest.raises(InterruptedError), slots.held(both, at_once):
            pass
        assert slots.count_held(two) == 1
    with slots.held(both) as devices:
        assert devices == {"CUDA_VISIBLE_DEVICES": "GPU-a,GPU-b"}


@pytest.mark.fault
def test_the_slot_of_a_killed_holder_is_free(two: slots.Slots) -> None:
    one = replace(two, names=("GPU-a",))
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(two.folder)], stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        assert slots.count_held(one) == 1
        holder.kill()
    with slots.held(one, at_once):
        pass


def test_cpu_slots_share_the_cores_by_the_threads_of_a_rank(params: Path) -> None:
    assert slots.of_this_machine(params=params).names == ("0", "1", "2", "3")
    params.write_text("train: {device: auto, processes: 2, threads: 2}\n")
    assert len(slots.of_this_machine(params=params).names) == 2
    params.write_text("train: {device: cpu, processes: 1, threads: 64}\n")
    assert len(slots.of_this_machine(params=params).names) == 1


def test_a_cpu_slot_confines_nothing(params: Path, tmp_path: Path) -> None:
    with slots.held(replace(slots.of_this_machine(params=params), folder=tmp_path / "slots")) as devices:
        assert devices == {}


def test_the_limit_comes_as_argument_or_by_environment(params: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(slots.of_this_machine(3, params).names) == 3
    monkeypatch.setenv(slots.VARIABLE, "2")
    assert len(slots.of_this_machine(params=params).names) == 2
    monkeypatch.setenv(slots.VARIABLE, "many")
    with pytest.raises(ValueError, match="TENFOLD_SLOTS='many': expected a whole number"):
        slots.of_this_machine(params=params)
    with pytest.raises(ValueError, match="too few"):
        slots.of_this_machine(0, params)


def test_visible_gpus_are_the_slots(params: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-a, GPU-b")
    found = slots.of_this_machine(params=params)
    assert (found.kind, found.names, found.each) == ("gpu", ("GPU-a", "GPU-b"), 1)


def test_no_gpu_is_used_where_params_say_cpu(params: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    params.write_text("train: {device: cpu, processes: 1, threads: 2}\n")
    assert slots.of_this_machine(params=params).kind == "cpu"


def test_more_ranks_than_gpus_would_wait_for_ever_and_are_refused(
    params: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    params.write_text("train: {device: cuda, processes: 4, threads: 2}\n")
    with pytest.raises(ValueError, match=r"train.processes: 4 ranks need a GPU each; slots: 2"):
        slots.of_this_machine(params=params)


def test_a_driver_that_does_not_answer_means_no_gpu(params: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots.shutil, "which", lambda _name: "/bin/false")
    assert slots.gpus() == []
