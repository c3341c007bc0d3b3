"""The flow's tasks without a server: nothing is cached, retries go by exit code, slots only for systems."""

import contextlib
import importlib
import pkgutil
import uuid
from collections.abc import Iterator, Mapping

import pytest
from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import TaskRun
from prefect.logging import disable_run_logger
from prefect.states import Failed

import flows
from flows import pipeline, reproduce, slots


@pytest.fixture(autouse=True)
def _accepting() -> Iterator[None]:
    with reproduce.accepting(), disable_run_logger():
        yield


def all_tasks() -> list[Task]:
    modules = [
        importlib.import_module(f"flows.{found.name}") for found in pkgutil.iter_modules(flows.__path__)
    ]
    return [thing for module in modules for thing in vars(module).values() if isinstance(thing, Task)]


def failed_run(exit_code: int, tries: int) -> bool:
    run = TaskRun(task_key="stage", dynamic_key="0", run_count=tries, flow_run_id=uuid.uuid4())
    return pipeline.worth_retrying(None, run, Failed(data=reproduce.StageFailedError("a", exit_code)))


def test_prefect_caches_nothing_and_keeps_no_results() -> None:
    tasks = all_tasks()
    assert pipeline.stage in tasks
    assert all(each.cache_policy is NO_CACHE and each.persist_result is False for each in tasks)
    assert pipeline.pipeline.persist_result is False


def test_a_task_is_called_like_its_stage() -> None:
    assert pipeline.stage.task_run_name == "{target}"


@pytest.mark.parametrize(("exit_code", "tries"), [(75, 3), (137, 1)])
def test_what_may_pass_is_tried_again_so_often(exit_code: int, tries: int) -> None:
    assert all(failed_run(exit_code, count) for count in range(1, tries + 1))
    assert not failed_run(exit_code, tries + 1)


@pytest.mark.parametrize("exit_code", [1, 65, 70, 78, 124, 130, 143, 255])
def test_what_would_fail_again_is_not_tried_again(exit_code: int) -> None:
    assert not failed_run(exit_code, 1)


def test_an_error_of_our_own_is_not_tried_again() -> None:
    run = TaskRun(task_key="stage", dynamic_key="0", run_count=1, flow_run_id=uuid.uuid4())
    assert not pipeline.worth_retrying(None, run, Failed(data=KeyError("x")))


def test_a_stopped_flow_tries_nothing_again() -> None:
    reproduce.stop_all()
    assert not failed_run(75, 1)


def test_a_system_s_stage_holds_a_slot_while_it_runs(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    places = slots.Slots("gpu", ("GPU-a",), folder=tmp_path)
    seen: list[tuple[str, Mapping[str, str], int]] = []

    def run(target: str, _log: object, environment: Mapping[str, str], _timeout: float | None) -> None:
        seen.append((target, environment, slots.count_held(places)))

    monkeypatch.setattr(reproduce, "run", run)
    monkeypatch.setattr(pipeline, "_show", lambda _places: None)
    pipeline.stage.fn("train@clip", places=places)
    pipeline.stage.fn("report")
    (train, train_environment, held), (report, report_environment, _) = seen
    assert (train, held, train_environment["CUDA_VISIBLE_DEVICES"]) == ("train@clip", 1, "GPU-a")
    assert report == "report"
    assert "CUDA_VISIBLE_DEVICES" not in report_environment


def test_a_stage_that_fails_frees_its_slot(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    places = slots.Slots("cpu", ("0",), folder=tmp_path)

    def run(target: str, *_: object) -> None:
        raise reproduce.StageFailedError(target, 65)

    monkeypatch.setattr(reproduce, "run", run)
    monkeypatch.setattr(pipeline, "_show", lambda _places: None)
    with contextlib.suppress(reproduce.StageFailedError):
        pipeline.stage.fn("train@clip", places=places)
    assert slots.count_held(places) == 0
