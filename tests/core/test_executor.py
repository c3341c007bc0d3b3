"""Shards are mapped in order, errors end the map, dead workers are noticed, nobody outlives the parent."""

import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from stages.core.errors import BadConfigError, BadDataError, TryAgainError
from stages.core.executor import ExecutorParams, executor_params, map_shards, worker_count


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Functions that a spawned process can import: it gets this process's path, not pytest's modules."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return importlib.import_module("executor_probe")


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_shards(workers: int, probe: ModuleType) -> None:
    assert list(map_shards(probe.slow_first, range(5), workers)) == [0, 1, 2, 3, 4]


def test_shards_are_taken_as_workers_become_free(probe: ModuleType) -> None:
    taken: list[int] = []

    def endless() -> Iterator[int]:
        for number in range(10**9):
            taken.append(number)
            yield number

    results = map_shards(probe.square, endless(), 1)
    assert [next(results) for _ in range(3)] == [0, 1, 4]
    results.close()
    assert len(taken) < 10
    assert not multiprocessing.active_children()


def test_no_shards_yield_nothing(probe: ModuleType) -> None:
    assert list(map_shards(probe.square, [], 2)) == []


def test_the_first_error_ends_the_map_with_its_own_type(probe: ModuleType) -> None:
    results = map_shards(probe.fail_at_two, range(100), 2)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(BadDataError, match="shard 2"):
        next(results)
    assert not multiprocessing.active_children()


@pytest.mark.fault
def test_a_shard_that_kills_each_worker_is_named(probe: ModuleType) -> None:
    results = map_shards(probe.die_at_two, range(5), 2)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(TryAgainError, match="worker process died of shard 2, also when it ran alone"):
        next(results)
    assert not multiprocessing.active_children()


@pytest.mark.fault
def test_a_worker_that_is_killed_once_costs_no_shard(probe: ModuleType, tmp_path: Path) -> None:
    jobs = [(tmp_path, number) for number in range(6)]
    assert list(map_shards(probe.die_at_one_once, jobs, 2)) == list(range(6))
    assert not multiprocessing.active_children()


def test_workers_compute_with_one_thread_and_the_parent_keeps_its_own(
    monkeypatch: pytest.MonkeyPatch, probe: ModuleType
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert list(map_shards(probe.threads, [0], 1)) == ["1"]
    assert os.environ["OMP_NUM_THREADS"] == "7"


@pytest.mark.fault
def test_workers_do_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom stages.core.executor import map_shards\n"
        "import executor_probe\n"
        "if __name__ == '__main__': list(map_shards(executor_probe.hang, [sys.argv[1]] * 2, 2))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], env=environment) as parent:
        _wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
        workers = [psutil.Process(int(path.name)) for path in tmp_path.iterdir()]
        parent.kill()
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not alive


def _wait_for(condition: object) -> None:
    assert callable(condition)
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def test_the_number_of_workers_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENFOLD_WORKERS", "3")
    assert worker_count() == 3
    monkeypatch.delenv("TENFOLD_WORKERS")
    assert worker_count() >= 1


@pytest.mark.parametrize("text", ["0", "-1", "many", "", "1.5"])
def test_a_wrong_number_of_workers_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TENFOLD_WORKERS", text)
    with pytest.raises(BadConfigError, match="TENFOLD_WORKERS"):
        worker_count()


def test_the_executor_is_a_section_of_params_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert executor_params().kind == "local"
    (tmp_path / "params.yaml").write_text("executor: {kind: ray, address: auto, retries: 1}")
    assert executor_params() == ExecutorParams(kind="ray", address="auto", retries=1)
    (tmp_path / "params.yaml").write_text("seed: 1")
    assert executor_params().kind == "local"
    (tmp_path / "params.yaml").write_text("executor: {kind: slurm, adress: auto}")
    with pytest.raises(BadConfigError, match=r"executor\.kind: .*executor\.adress: .*did you mean 'address'"):
        executor_params()


@pytest.mark.fault
def test_a_signal_to_all_processes_is_no_lost_worker(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom stages.core.executor import map_shards\nfrom stages.core.process import run_stage\n"
        "import executor_probe\n"
        "def main(): list(map_shards(executor_probe.hang, [sys.argv[1]] * 2, 2))\n"
        "if __name__ == '__main__': sys.exit(run_stage(main))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        env=environment,
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    ) as stage:
        _wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
        os.killpg(stage.pid, signal.SIGTERM)
        _, errors = stage.communicate(timeout=60)
    assert stage.returncode == 128 + signal.SIGTERM
    assert "SIGTERM: stopping" in errors
    assert "died of shard" not in errors
    assert len(list(tmp_path.iterdir())) == 2


def test_a_cluster_without_its_package_is_bad_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "stages.core.executor.ray", raising=False)
    with pytest.raises(BadConfigError, match=r"pip install 'tenfold\[ray\]'"):
        list(map_shards(abs, [1], executor=ExecutorParams(kind="ray")))
