"""The whole flow and a Prefect server that nobody started: one system fails, all else comes to its end."""

import signal
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.end_to_end import toy

pytestmark = pytest.mark.end_to_end


@dataclass
class Outcome:
    """A finished flow and where it ran."""

    folder: Path
    exit_code: int
    output: str

    def query(self, sql: str) -> list[tuple]:
        """Ask the database of the server, which has ended."""
        with sqlite3.connect(self.folder / "data/work/prefect.db") as database:
            return database.execute(sql).fetchall()


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = toy.make_repository(tmp_path_factory.mktemp("flow") / "toy", ("ash", "elm", "oak"))
    toy.behave(folder, train_elm={"code": 65})
    done = subprocess.run(
        [sys.executable, "-m", "flows.pipeline", "--systems", "ash,elm"],
        cwd=folder,
        env=toy.environment(),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    return Outcome(folder, done.returncode, done.stdout + done.stderr)


def test_one_failing_system_stops_neither_the_other_nor_the_report(outcome: Outcome) -> None:
    assert toy.locked(outcome.folder) == {"shard", "train@ash", "evaluate@ash", "report"}
    assert (outcome.folder / "data/report/index.html").exists()


def test_the_flow_ends_failed_and_says_why(outcome: Outcome) -> None:
    assert outcome.exit_code == 1
    last = outcome.output.strip().splitlines()[-1]
    assert "train@elm (exit code 65, bad data: told to fail)" in outcome.output
    assert "evaluate@elm (not run, since a stage before it failed)" in outcome.output
    assert "Traceback" not in last


def test_a_task_is_a_stage_and_only_the_wanted_ones_ran(outcome: Outcome) -> None:
    states = dict(outcome.query("select name, state_type from task_run"))
    assert states == {
        "shard": "COMPLETED",
        "train@ash": "COMPLETED",
        "evaluate@ash": "COMPLETED",
        "train@elm": "FAILED",
        "evaluate@elm": "PENDING",
        "report": "COMPLETED",
    }


def test_the_lines_of_dvc_and_its_stages_are_on_prefect_s_page(outcome: Outcome) -> None:
    messages = [message for (message,) in outcome.query("select message from log")]
    assert "Running stage 'train@ash':" in messages
    assert "error: told to fail" in messages


def test_the_table_of_results_is_an_artifact(outcome: Outcome) -> None:
    [(text,)] = outcome.query("select data from artifact where key = 'results'")
    assert "| ash | loss | 0.5 |" in text
    assert "| train@elm | exit code 65" in text


def test_the_slots_are_shown_as_a_limit_and_all_free_again(outcome: Outcome) -> None:
    [(limit, taken)] = outcome.query(
        "select \"limit\", active_slots from concurrency_limit_v2 where name like 'cpu-%'"
    )
    assert limit >= 1
    assert taken == 0


def test_the_server_ended_with_the_flow(outcome: Outcome) -> None:
    url = (outcome.folder / "data/work/prefect.lock").read_text().split()[0]
    port = url.rpartition(":")[2]
    servers = [each for each in psutil.process_iter(["cmdline"]) if "prefect" in (each.info["cmdline"] or [])]
    here = [each for each in servers if port in each.info["cmdline"] and each.cwd() == str(outcome.folder)]
    assert not here


def test_an_unknown_system_is_refused_before_anything_starts(outcome: Outcome) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows.pipeline", "--systems", "yew"],
        cwd=outcome.folder,
        env=toy.environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 78
    assert "error: no stages for yew in dvc.yaml; there are: ash, elm, oak" in done.stderr


@pytest.mark.fault
def test_an_interrupted_flow_lets_its_stage_save(outcome: Outcome) -> None:
    toy.behave(outcome.folder, train_oak={"ticks": 12_000})
    work = outcome.folder / "data/work"
    argv = [sys.executable, "-m", "flows.pipeline", "--systems", "oak"]
    with (work / "flow.log").open("wb") as log:
        flow = subprocess.Popen(argv, cwd=outcome.folder, env=toy.environment(), stdout=log, stderr=log)
    ticks = work / "train@oak.ticks"
    toy.wait_for(lambda: ticks.exists() and ticks.read_text().count("tick") > 2, 300)
    below = psutil.Process(flow.pid).children(recursive=True)
    flow.send_signal(signal.SIGINT)
    assert flow.wait(120) != 0
    assert (work / "train@oak.saved").exists()
    assert not psutil.wait_procs(below, timeout=10)[1]
    assert "train@oak" not in toy.locked(outcome.folder)
