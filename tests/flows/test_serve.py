"""Deployments: what is offered, when it runs, and that prefect.yaml agrees with the flow."""

import inspect
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from flows import serve
from flows.pipeline import pipeline

ROOT = Path(__file__).parents[2]


@pytest.fixture
def declared() -> list[dict[str, object]]:
    return YAML(typ="safe").load((ROOT / "prefect.yaml").read_text())["deployments"]


def test_nightly_runs_by_the_hours_of_its_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    nightly, one_system = serve.deployments("30 1 * * *", "Europe/Berlin")
    schedule = nightly.schedules[0].schedule
    assert (nightly.name, schedule.cron, schedule.timezone) == ("nightly", "30 1 * * *", "Europe/Berlin")
    assert (one_system.name, one_system.schedules) == ("one-system", [])
    assert one_system.parameters == {"systems": ["clip"]}


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone 'Berlin'"):
        serve.deployments("30 1 * * *", "Berlin")


def test_cron_that_means_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="cron"):
        serve.deployments("whenever", "UTC")


def test_prefect_yaml_names_the_flow_and_its_parameters(declared: list[dict[str, object]]) -> None:
    parameters = set(inspect.signature(pipeline.fn).parameters)
    for deployment in declared:
        assert deployment["entrypoint"] == "flows/pipeline.py:pipeline"
        assert set(deployment.get("parameters", {})) <= parameters
    assert [deployment["name"] for deployment in declared] == ["nightly", "one-system", "data-only"]


def test_deployments_of_a_folder_run_one_at_a_time(declared: list[dict[str, object]]) -> None:
    assert all(deployment["concurrency_limit"]["limit"] == 1 for deployment in declared)
