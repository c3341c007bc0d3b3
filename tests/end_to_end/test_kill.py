"""SIGKILL of DVC and of a flow: nothing goes on writing, and the next run ends with the same bytes."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from flows import reproduce
from tests.end_to_end import toy

pytestmark = [pytest.mark.end_to_end, pytest.mark.fault]

LONG = {"ticks": 12_000}  # ten minutes
SOON = 2.0  # seconds in which an orphan has to be gone


@pytest.fixture
def trained(repository: Path) -> Path:
    """The repository when `train@oak` is about to run, for a long time."""
    reproduce.run("shard", print)
    toy.behave(repository, train_oak=LONG)
    return repository


def stage_process(repository: Path) -> psutil.Process:
    """The process of `train@oak`, once it ticks."""
    ticks = repository / "data/work/train@oak.ticks"
    toy.wait_for(lambda: ticks.exists() and ticks.read_text().count("tick") > 2)
    return psutil.Process(int((repository / "data/work/train@oak.pid").read_text()))


def assert_gone(*processes: psutil.Process) -> None:
    _, alive = psutil.wait_procs(processes, timeout=SOON)
    assert not [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]


def assert_same_as_unbroken(repository: Path, tmp_path: Path) -> None:
    """Run again after the kill, and once more elsewhere without one; outputs and lock have to agree."""
    toy.behave(repository)
    toy.dvc(repository, "repro", "--single-item", "train@oak")
    unbroken = toy.make_repository(tmp_path / "unbroken")
    toy.dvc(unbroken, "repro", "train@oak")
    for name in ("dvc.lock", "data/models/oak/weights"):
        assert (repository / name).read_bytes() == (unbroken / name).read_bytes()


def test_a_killed_dvc_leaves_no_writer(trained: Path, tmp_path: Path) -> None:
    errors: list[reproduce.StageFailedError] = []

    def body() -> None:
        try:
            reproduce.run("train@oak", print)
        except reproduce.StageFailedError as error:
            errors.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    stage = stage_process(trained)
    dvc = stage.parent()
    assert "dvc" in dvc.cmdline()
    dvc.kill()
    assert_gone(stage)
    thread.join(60)
    assert errors[0].exit_code == 137
    written = (trained / "data/work/train@oak.ticks").stat().st_size
    assert not (trained / "data/models/oak/weights").exists()
    assert_same_as_unbroken(trained, tmp_path)
    assert (trained / "data/work/train@oak.ticks").stat().st_size == written + len("tick\n")


def test_a_killed_flow_leaves_neither_dvc_nor_stage(trained: Path, tmp_path: Path) -> None:
    script = "from flows import reproduce; reproduce.run('train@oak', print)"
    flow = subprocess.Popen([sys.executable, "-c", script], env=toy.environment(), stdout=subprocess.DEVNULL)
    stage = stage_process(trained)
    dvc = stage.parent()
    flow.kill()
    flow.wait()
    assert_gone(dvc, stage)
    assert_same_as_unbroken(trained, tmp_path)


def test_a_stopped_stage_saves_first(trained: Path) -> None:
    outcome: list[int] = []

    def body() -> None:
        try:
            reproduce.run("train@oak", print)
        except reproduce.StageFailedError as error:
            outcome.append(error.exit_code)

    with reproduce.accepting():
        thread = threading.Thread(target=body)
        thread.start()
        stage = stage_process(trained)
        reproduce.stop_all()
        thread.join(60)
    assert outcome == [130]
    assert_gone(stage)
    assert (trained / "data/work/train@oak.saved").exists()


def test_a_killed_server_s_starter_takes_the_server_along(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys; from flows import tether\n"
        "child = subprocess.Popen(tether.command([sys.executable, '-c', 'import time; time.sleep(600)']))\n"
        "print(child.pid, flush=True); child.wait()"
    )
    starter = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    with starter:
        try:
            child = psutil.Process(int(starter.stdout.readline()))
            toy.wait_for(lambda: child.cmdline()[1:2] == ["-c"])  # not yet while it is `-m flows.tether`
        finally:
            starter.kill()
    assert_gone(child)


def test_a_child_whose_parent_died_before_it_could_ask_does_not_start() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows.tether", str(os.getppid()), "echo", "started"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 137
    assert done.stdout == ""
