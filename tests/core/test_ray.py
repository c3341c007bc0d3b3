"""The same functions on a Ray cluster of two nodes: the same bytes, in order, whatever is lost on the way."""

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import ray
from ray.cluster_utils import Cluster

from stages.core.errors import BadDataError, TryAgainError
from stages.core.executor import ExecutorParams, map_shards

HERE = Path(__file__).parent
SMALL = {"num_cpus": 1, "object_store_memory": 80 << 20}  # bytes
# a crowded machine answers late, which is no death; a closed port is one, and is noticed in five seconds
PATIENT = {
    "health_check_timeout_ms": 60_000,
    "health_check_period_ms": 1_000,
    "health_check_failure_threshold": 5,
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HERE))
        patch.setenv("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
        patch.syspath_prepend(HERE)
        head = SMALL | {"include_dashboard": False, "_system_config": PATIENT}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        cluster.add_node(**SMALL)
        yield cluster
        ray.shutdown()
        cluster.shutdown()


@pytest.fixture
def probe(cluster: Cluster) -> ModuleType:
    return importlib.import_module("executor_probe")


@pytest.fixture
def far(cluster: Cluster) -> ExecutorParams:
    return ExecutorParams(kind="ray", address=cluster.address, retries=2)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_outputs_are_the_local_ones_byte_for_byte(
    probe: ModuleType, far: ExecutorParams, tmp_path: Path
) -> None:
    for name, executor in (("here", ExecutorParams()), ("there", far)):
        folder = tmp_path / name
        folder.mkdir()
        jobs = [(folder, number) for number in range(5)]
        assert list(map_shards(probe.write_tar, jobs, 2, executor)) == [0, 1, 2, 3, 4]
    assert content(tmp_path / "here") == content(tmp_path / "there")


def test_workers_have_the_caps_one_thread_and_this_folder(probe: ModuleType, far: ExecutorParams) -> None:
    (found,) = map_shards(probe.surroundings, [0], executor=far)
    assert found == probe.surroundings(0) | {"OMP_NUM_THREADS": "1"}


def test_our_own_errors_come_through_and_are_not_retried(
    probe: ModuleType, far: ExecutorParams, tmp_path: Path
) -> None:
    with pytest.raises(BadDataError, match="shard 2 is damaged"):
        list(map_shards(probe.count_and_fail_at_two, [(tmp_path, number) for number in range(4)], 1, far))
    assert len(list(tmp_path.glob("2-*"))) == 1


def test_shards_are_taken_as_workers_become_free(probe: ModuleType, far: ExecutorParams) -> None:
    taken = []
    results = map_shards(probe.square, (taken.append(n) or n for n in range(10**9)), executor=far)
    assert [next(results) for _ in range(3)] == [0, 1, 4]
    results.close()
    assert len(taken) < 12


@pytest.mark.fault
def test_a_worker_that_is_killed_costs_a_retry(
    probe: ModuleType, far: ExecutorParams, tmp_path: Path
) -> None:
    jobs = [(tmp_path, number) for number in range(3)]
    assert list(map_shards(probe.die_at_one_once, jobs, executor=far)) == [0, 1, 2]


@pytest.mark.fault
def test_a_shard_that_kills_each_worker_is_named(probe: ModuleType, cluster: Cluster, tmp_path: Path) -> None:
    never = ExecutorParams(kind="ray", address=cluster.address, retries=0)
    with pytest.raises(TryAgainError, match="lost shard 7 with its worker"):
        list(map_shards(probe.die, [7], executor=never))


@pytest.mark.fault
def test_a_node_that_leaves_takes_no_shard_with_it(
    probe: ModuleType, cluster: Cluster, far: ExecutorParams, tmp_path: Path
) -> None:
    node = cluster.add_node(**SMALL)
    jobs = [(tmp_path, number, 3) for number in range(6)]
    results = map_shards(probe.wait_for_company, jobs, executor=far)
    done = [next(results)]  # three shards were under way at once, one of them on the node that leaves
    cluster.remove_node(node, allow_graceful=False)
    assert done + list(results) == list(range(6))


@pytest.mark.fault
def test_sigterm_ends_a_stage_cleanly(cluster: Cluster, tmp_path: Path) -> None:
    script = f"""
import sys, executor_probe
from pathlib import Path
from stages.core.errors import TryAgainError
from stages.core.executor import ExecutorParams, map_shards
from stages.core.process import run_stage, stop_requested

def main():
    where = ExecutorParams(kind="ray", address={cluster.address!r})
    jobs = ((Path({str(tmp_path)!r}), number) for number in range(10**6))
    for _ in map_shards(executor_probe.write_tar, jobs, executor=where):
        if stop_requested():
            raise TryAgainError("stopped by a signal")

sys.exit(run_stage(main))
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}
    with subprocess.Popen(
        [sys.executable, "-c", script], env=environment, stderr=subprocess.PIPE, text=True
    ) as stage:
        while not list(tmp_path.glob("*.tar")):
            assert stage.poll() is None, stage.stderr.read()
            time.sleep(0.1)
        stage.send_signal(signal.SIGTERM)
        _, errors = stage.communicate(timeout=60)
    assert stage.returncode == 128 + signal.SIGTERM, errors
    assert "error: stopped by a signal" in errors
