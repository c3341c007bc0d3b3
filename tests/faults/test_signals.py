"""A request to stop is obeyed after the current step, with everything saved; a dead parent ends its stage."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stages.core.errors import BadConfigError, BadDataError, TryAgainError

pytestmark = pytest.mark.fault

# a stage that says "ready" and then works until it is asked to stop, or as its argument says
STAGE = """
import os, sys, time
from stages.core import process

def main():
    with process.exclusive(__import__("pathlib").Path("work")):
        print("ready", os.getpid(), flush=True)
        {body}

sys.exit(process.run_stage(main))
"""
WORK_ON = "while not process.stop_requested(): time.sleep(0.005)"
NEVER_STOP = "while True: time.sleep(0.005)"


def start(folder: Path, body: str, **keywords: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", STAGE.format(body=body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        **keywords,
    )


def run(folder: Path, body: str) -> tuple[int, str]:
    with start(folder, body) as stage:
        _, errors = stage.communicate()
    return stage.returncode, errors


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_is_obeyed_after_the_step(number: int, code: int, tmp_path: Path) -> None:
    with start(tmp_path, WORK_ON) as stage:
        stage.stdout.readline()
        stage.send_signal(number)
        _, errors = stage.communicate()
    assert stage.returncode == code
    assert "Traceback" not in errors


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    with start(tmp_path, NEVER_STOP) as stage:
        stage.stdout.readline()
        stage.send_signal(signal.SIGTERM)
        assert "once more" in stage.stderr.readline()
        stage.send_signal(signal.SIGTERM)
        stage.communicate()
    assert stage.returncode == -signal.SIGTERM


def test_a_stage_dies_with_its_parent(tmp_path: Path) -> None:
    parent = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {STAGE.format(body=NEVER_STOP)!r}])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as dvc:
        pid = int(dvc.stdout.readline().split()[1])
        dvc.kill()
        assert dvc.stdout.read() == ""  # ends when the last holder of the pipe, the stage, has ended
    with pytest.raises(ProcessLookupError):
        _wait_until_gone(pid)


def _wait_until_gone(pid: int) -> None:
    """Until init has reaped it, for at most two seconds."""
    for _ in range(200):
        os.kill(pid, 0)
        time.sleep(0.01)


def test_a_stage_whose_parent_died_before_does_not_start(tmp_path: Path) -> None:
    body = "from stages.core import process; process.die_with_parent(parent=2**22 + 1)"
    done = subprocess.run(
        [sys.executable, "-c", body], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert TryAgainError.__name__ in done.stderr


def test_the_second_writer_is_refused_and_the_first_unharmed(tmp_path: Path) -> None:
    with start(tmp_path, WORK_ON) as first:
        pid = first.stdout.readline().split()[1]
        code, errors = run(tmp_path, "pass")
        assert first.poll() is None
        first.terminate()
        first.communicate()
    assert (code, first.returncode) == (75, 143)
    assert errors == f"error: work: process {pid} is writing here; wait for it or end it, then run again\n"


def test_the_lock_of_a_killed_writer_is_free(tmp_path: Path) -> None:
    with start(tmp_path, NEVER_STOP) as first:
        first.stdout.readline()
        first.kill()
        first.communicate()
    assert run(tmp_path, "pass") == (0, "")


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        ("pass", 0, ""),
        *(
            (
                f"from stages.core import errors; raise errors.{kind.__name__}('a\\nb')",
                kind.exit_code,
                "error: a b\n",
            )
            for kind in (BadConfigError, BadDataError, TryAgainError)
        ),
        ("raise OSError(28, 'No space left', 'x')", 75, "error: x: no room left on the disk; free some"),
        ("raise MemoryError()", 78, "error: out of memory; lower recipe.batch_size"),
        ("sys.exit(2)", 2, ""),
        ("raise ValueError('ours')", 70, "Traceback"),
    ],
)
def test_exit_codes(body: str, code: int, line: str, tmp_path: Path) -> None:
    found, errors = run(tmp_path, body)
    assert found == code, errors
    assert errors.startswith(line)
    assert ("Traceback" in errors) == (code == 70)


def test_sigterm_saves_and_the_next_run_goes_on(make_toy: Callable[..., Any], unbroken: Any) -> None:
    toy = make_toy()
    pid = toy.start(TOY_SLEEP="0.02")
    while not list((toy.folder / "data/work/toy").glob("*/step-*[0-9]")):
        time.sleep(0.005)
    os.kill(pid, signal.SIGTERM)
    assert toy.wait(pid) == 143
    assert toy.runs() == ["KILLED"]
    last = int(toy.checkpoints()[-1].removeprefix("step-"))
    assert [step for step, _ in toy.points()] == list(range(1, last + 1))
    assert (toy.run(), toy.run("evaluate")) == (0, 0), toy.errors
    assert toy.outputs() == unbroken.outputs()
    assert toy.runs() == ["FINISHED"]
    assert toy.points() == unbroken.points()


def test_two_trainings_at_once(make_toy: Callable[..., Any], unbroken: Any) -> None:
    toy = make_toy()
    first = toy.start(TOY_SLEEP="0.1")
    while not list((toy.folder / "data/work/toy").glob("*/metrics.jsonl")):
        time.sleep(0.005)
    assert toy.run() == 75
    assert f"process {first} is writing here" in toy.errors
    assert (toy.wait(first), toy.run("evaluate")) == (0, 0)
    assert toy.outputs() == unbroken.outputs()
