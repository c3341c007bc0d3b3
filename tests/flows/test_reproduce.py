"""DVC started as a process: what it is told, what is read from it, and how it is stopped.

A Python one-liner stands in for DVC here; tests/end_to_end runs the real one.
"""

import collections
import contextlib
import os
import signal
import string
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import reproduce

Stand = Callable[[str], None]


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Have a script of Python run in DVC's place."""

    def install(script: str) -> None:
        monkeypatch.setattr(reproduce, "_dvc", lambda *_: [sys.executable, "-c", script])

    return install


@pytest.fixture(autouse=True)
def _accepting() -> Iterator[None]:
    with reproduce.accepting():
        yield


def test_siblings_can_run_at_once_only_with_these_arguments(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reproduce.sys, "executable", "/usr/bin/env")
    argv = reproduce._dvc("--wait-for-lock", "repro", "--single-item", "train@whisper")
    assert argv == ["/usr/bin/env", "-m", "dvc", "--wait-for-lock", "repro", "--single-item", "train@whisper"]


@given(st.text())
def test_a_target_is_nothing_but_a_name(text: str) -> None:
    plain = set(text) <= set(string.ascii_lowercase + string.digits + "_@-")
    if plain and text and not text.startswith(("-", "@")):
        assert reproduce.check_target(text) == text
    else:
        with pytest.raises(ValueError, match="is no stage"):
            reproduce.check_target(text)


@pytest.mark.parametrize(
    "target", ["-f", "a;b", "$(x)", "../dvc.yaml", "train@x\n", "", "x y", "./dvc.yaml:a"]
)
def test_a_target_that_could_mean_something_else_starts_nothing(target: str, stand_in: Stand) -> None:
    stand_in("raise SystemExit('it ran')")
    with pytest.raises(ValueError, match="is no stage"):
        reproduce.run(target, lambda _line: None)


@pytest.mark.parametrize(
    ("lines", "code", "expected"),
    [
        (["ERROR: failed to reproduce 'a': failed to run: exec x, exited with 75"], 255, 75),
        (["ERROR: failed to reproduce 'a': failed to run: exec x, exited with -9"], 255, 137),
        (["ERROR: failed to reproduce 'a': failed to run: exec x exited with 3, exited with 65"], 255, 65),
        (["ERROR: failed to reproduce 'b': failed to run: exec x, exited with 75"], 255, 255),
        (["said: ERROR: failed to reproduce 'a': exited with 75"], 255, 255),
        (["ERROR: Unable to acquire lock. Most likely another DVC process is running"], 255, 75),
        (["ERROR: '/x/data' is busy, it is being blocked by:", "  (PID 12): dvc repro"], 255, 75),
        (["ERROR: Stage 'a' not found inside 'dvc.yaml' file"], 255, 255),
        ([], -9, 137),
        ([], 1, 1),
    ],
)
def test_the_stage_s_own_exit_code_is_read_from_dvc(lines: list[str], code: int, expected: int) -> None:
    assert reproduce.exit_code("a", code, collections.deque(lines)) == expected


def test_a_failure_carries_code_meaning_and_the_stage_s_words(stand_in: Stand) -> None:
    stand_in(
        "print('error: corpus.tar: no such member')\n"
        "print(\"ERROR: failed to reproduce 'train@a': failed to run: exec x, exited with 65\")\n"
        "raise SystemExit(255)"
    )
    with pytest.raises(reproduce.StageFailedError) as caught:
        reproduce.run("train@a", lambda _line: None)
    assert caught.value.exit_code == 65
    assert str(caught.value) == "train@a: exit code 65, bad data: corpus.tar: no such member"


def test_lines_arrive_bounded_decoded_and_without_control_characters(stand_in: Stand) -> None:
    stand_in(
        "import sys; out = sys.stdout.buffer\n"
        "out.write(b'\\x1b[31mred\\x1b[0m\\x07 bell\\n' + b'x' * 9000 + b'\\nlast \\xff\\n\\nno newline')"
    )
    lines: list[str] = []
    reproduce.run("a", lines.append)
    assert lines == ["red bell", "x" * 2000, "last �", "no newline"]


def test_dvc_s_advice_to_a_person_at_a_terminal_is_left_out(stand_in: Stand) -> None:
    stand_in("print('Running stage a\\nTo track the changes with git, run:\\n\\n\\tgit add dvc.lock\\n')")
    lines: list[str] = []
    reproduce.run("a", lines.append)
    assert lines == ["Running stage a"]


def test_the_stage_finds_this_python_and_what_it_was_given(stand_in: Stand) -> None:
    stand_in("import os; print(os.environ['PATH'].split(os.pathsep)[0]); print(os.environ['GIVEN'])")
    lines: list[str] = []
    reproduce.run("a", lines.append, {"GIVEN": "3"})
    assert lines == [str(Path(sys.executable).parent), "3"]


def test_a_stage_without_time_left_is_stopped(stand_in: Stand) -> None:
    stand_in("import time; time.sleep(600)")
    with pytest.raises(reproduce.StageFailedError) as caught:
        reproduce.run("a", lambda _line: None, timeout=0.01)
    assert caught.value.exit_code == reproduce.TIMED_OUT


def test_what_does_not_stop_when_asked_is_killed(stand_in: Stand) -> None:
    stand_in(
        "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print('up'); time.sleep(600)"
    )
    up = threading.Event()
    outcome = _in_thread(lambda _line: up.set())
    assert up.wait(60)
    reproduce.stop_all(grace=0.05)
    assert outcome().exit_code == 130


def test_a_stopped_stage_has_time_to_save(stand_in: Stand, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    stand_in(
        "import pathlib, time\n"
        "try:\n    print('up'); time.sleep(600)\n"
        f"except KeyboardInterrupt:\n    pathlib.Path({str(saved)!r}).touch(); raise SystemExit(130)"
    )
    up = threading.Event()
    outcome = _in_thread(lambda _line: up.set())
    assert up.wait(60)
    reproduce.stop_all(grace=60)
    assert outcome().exit_code == 130
    assert saved.exists()


def test_after_a_stop_nothing_more_starts(stand_in: Stand, tmp_path: Path) -> None:
    late = tmp_path / "late"
    stand_in(f"import pathlib, time; time.sleep(1); pathlib.Path({str(late)!r}).touch()")
    reproduce.stop_all()
    with pytest.raises(reproduce.StageFailedError):
        reproduce.run("a", lambda _line: None)
    assert not late.exists()


def test_processes_that_a_stage_left_behind_are_killed(stand_in: Stand) -> None:
    stand_in(
        "import subprocess, sys\n"
        "left = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(left.pid)"
    )
    lines: list[str] = []
    reproduce.run("a", lines.append)
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(lines[0])).wait(30)


def test_an_interrupt_in_the_flow_stops_its_stages(stand_in: Stand) -> None:
    stand_in("import time; print('up'); time.sleep(600)")
    up = threading.Event()
    outcome = _in_thread(lambda _line: up.set())

    def interrupted() -> None:
        with reproduce.accepting():
            assert up.wait(60)
            os.kill(os.getpid(), signal.SIGINT)
            up.clear()
            up.wait(60)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert outcome().exit_code == 130


def _in_thread(log: reproduce.LogLine) -> Callable[[], reproduce.StageFailedError]:
    """Run stage `a` in a thread; the function returned waits for its error."""
    errors: list[reproduce.StageFailedError] = []

    def body() -> None:
        try:
            reproduce.run("a", log)
        except reproduce.StageFailedError as error:
            errors.append(error)

    thread = threading.Thread(target=body)
    thread.start()

    def wait() -> reproduce.StageFailedError:
        thread.join(60)
        return errors[0]

    return wait
