"""One point per step whatever the server does; the rest is tested with real stores in tests/faults."""

import types
from collections import Counter
from pathlib import Path
from typing import Any

import mlflow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.core.lineage import Lineage
from stages.core.tracking import Tracker, _without_secrets

MADE_OF = Lineage("toy", "0" * 64, {"seed": "7"}, {}, {"run.key": "0" * 64, "git.sha": "f" * 40})


class Server:
    """What an MLflow server remembers, with a list of how its next answers go."""

    def __init__(self) -> None:
        self.points: list[tuple[str, int, float]] = []
        self.runs: list[str] = []
        self.status = ""
        self.mood: list[str] = []
        self.asked = 0

    def answer(self) -> str:
        self.asked += 1
        mood = self.mood.pop(0) if self.mood else "good"
        if mood == "down":
            raise ConnectionError("http://user:password@host refused")
        return mood


class Client:
    """The part of `MlflowClient` that the tracker uses."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def get_experiment_by_name(self, name: str) -> Any:
        self.server.answer()
        return types.SimpleNamespace(experiment_id="1")

    def search_runs(self, experiments: list[str], query: str, max_results: int) -> list[Any]:
        return [types.SimpleNamespace(info=types.SimpleNamespace(run_id=each)) for each in self.server.runs]

    def create_run(self, experiment: str, tags: dict[str, str], run_name: str) -> Any:
        self.server.runs.append("run")
        if self.server.answer() == "lost":
            raise TimeoutError
        return types.SimpleNamespace(info=types.SimpleNamespace(run_id="run"))

    def log_batch(self, run_id: str, metrics: Any = (), params: Any = (), tags: Any = ()) -> None:
        mood = self.server.answer()
        self.server.points += [(each.key, each.step, each.value) for each in metrics]
        if mood == "lost":  # it was done, and the answer did not arrive
            raise TimeoutError

    def get_metric_history(self, run_id: str, key: str) -> list[Any]:
        self.server.answer()
        return [types.SimpleNamespace(step=step) for name, step, _ in self.server.points if name == key]

    def update_run(self, run_id: str, status: str) -> None:
        self.server.status = status

    def log_inputs(self, run_id: str, datasets: list[Any]) -> None:
        assert datasets == []

    def set_terminated(self, run_id: str, status: str) -> None:
        self.server.answer()
        self.server.status = status


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    monkeypatch.setattr(mlflow, "MlflowClient", lambda uri: Client(made))
    return made


def rows(count: int) -> list[dict[str, float]]:
    return [{"step": step, "loss": 1 / step, "error": float(step)} for step in range(1, count + 1)]


moods = st.lists(st.sampled_from(["good", "down", "lost"]), max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moods=moods, restart=st.integers(0, 9))
def test_each_point_arrives_once_whatever_the_server_does(
    moods: list[str], restart: int, server: Server, tmp_path: Path
) -> None:
    server.points.clear()
    server.runs.clear()
    server.mood = list(moods)
    time = iter(range(0, 10**6, 100))  # each attempt comes after the pause
    tracker = Tracker(MADE_OF, tmp_path, tmp_path, lambda: next(time)).__enter__()
    for count in range(1, 10):
        if count == restart:  # the process was killed; another takes over
            tracker = Tracker(MADE_OF, tmp_path, tmp_path, lambda: next(time)).__enter__()
        tracker.send(rows(count))
    server.mood = []
    tracker.__exit__(None, None, None)
    assert Counter(server.points) == Counter(
        (name, int(row["step"]), row[name]) for row in rows(9) for name in ("loss", "error")
    )
    assert (server.runs, server.status) == (["run"], "FINISHED")


def test_a_server_that_is_down_is_left_alone_for_a_while_and_named_once(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.mood = ["down"] * 100
    now = [0.0]
    with Tracker(MADE_OF, tmp_path, tmp_path, lambda: now[0]) as tracker:
        for step in range(1, 121):
            now[0] += 1.0
            tracker.send(rows(step))
    assert server.asked == 4  # at the start, after each minute, and at the end
    assert len(caplog.records) == 1
    assert "password" not in caplog.text


@pytest.mark.parametrize(("error", "status"), [(None, "FINISHED"), (ValueError("x"), "FAILED")])
def test_the_status_says_how_it_ended(
    error: Exception | None, status: str, server: Server, tmp_path: Path
) -> None:
    tracker = Tracker(MADE_OF, tmp_path, tmp_path).__enter__()
    assert server.status == "RUNNING"
    tracker.__exit__(type(error) if error else None, error, None)
    assert server.status == status


def test_messages_lose_their_secrets() -> None:
    assert _without_secrets("at https://u:p@host/x\nmore") == "at https://host/x"
