"""Stages that share what lies upstream, reproduced at once by the flow's own function and the real DVC."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows import graph, reproduce
from tests.end_to_end import toy

pytestmark = pytest.mark.end_to_end


def quiet(_line: str) -> None:
    pass


def test_six_siblings_at_once_all_succeed_and_are_locked(repository: Path) -> None:
    reproduce.run("shard", quiet)
    targets = [f"train@{system}" for system in toy.SYSTEMS]
    with reproduce.accepting(), ThreadPoolExecutor(len(targets)) as threads:
        for done in [threads.submit(reproduce.run, target, quiet) for target in targets]:
            done.result()
    assert toy.locked(repository) == {"shard", *targets}
    assert "up to date" in toy.dvc(repository, "status", *targets)


def test_a_second_run_changes_nothing(repository: Path) -> None:
    reproduce.run("shard", quiet)
    ticks = repository / "data/work/shard.ticks"
    before = ticks.read_text()
    lines: list[str] = []
    reproduce.run("shard", lines.append)
    assert ticks.read_text() == before
    assert lines[-1] == "Data and pipelines are up to date."


@pytest.mark.parametrize(
    ("behaviour", "exit_code"), [({"code": 65}, 65), ({"code": 75}, 75), ({"signal": 9}, 137)]
)
def test_a_stage_s_exit_code_comes_through_dvc(repository: Path, behaviour: dict, exit_code: int) -> None:
    toy.behave(repository, shard=behaviour)
    with pytest.raises(reproduce.StageFailedError) as caught:
        reproduce.run("shard", quiet)
    assert caught.value.exit_code == exit_code


def test_what_dvc_itself_refuses_is_not_worth_another_try(repository: Path) -> None:
    with pytest.raises(reproduce.StageFailedError, match=r"Stage 'nothing' not found") as caught:
        reproduce.run("nothing", quiet)
    assert caught.value.exit_code == 255


def test_the_graph_is_dvc_s_own(repository: Path) -> None:
    stages = graph.parse(reproduce.dag())
    assert graph.systems(stages) == sorted(toy.SYSTEMS)
    assert stages["train@oak"] == {"shard"}
    assert stages["report"] == {f"evaluate@{system}" for system in toy.SYSTEMS}


def test_a_broken_dvc_yaml_is_told_in_dvc_s_words(repository: Path) -> None:
    (repository / "dvc.yaml").write_text("stages: [")
    with pytest.raises(RuntimeError, match=r"'\.?/?dvc.yaml' is invalid"):
        reproduce.dag()
