"""What MLflow holds of a run: everything that is named, and nothing that is secret or of this machine."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.fault

SECRET = "correct-horse-battery-staple"


@pytest.fixture(scope="module")
def recorded(make_toy: Callable[..., Any]) -> Any:
    """A run in an environment full of secrets, with the id of a flow run."""
    toy = make_toy()
    env = dict.fromkeys(("AWS_SECRET_ACCESS_KEY", "HF_TOKEN", "TENFOLD_FLOW_RUN_ID"), SECRET)
    env["PREFECT__FLOW_RUN_ID"] = "01234567-89ab-cdef-0123-456789abcdef"
    assert (toy.run(**env), toy.run("evaluate", **env)) == (0, 0), toy.errors
    return toy


def test_params_and_tags(recorded: Any) -> None:
    params = dict(recorded.query("select key, value from params"))
    assert params["recipe.learning_rate"] == "0.01"
    assert params["width"] == "8"
    assert params["seed"] == "7"
    tags = dict(recorded.query("select key, value from tags"))
    assert tags["dvc.stage"] == "train@toy"
    assert tags["flow.run_id"] == "01234567-89ab-cdef-0123-456789abcdef"
    assert tags["run.key"].startswith(recorded.work.name)
    assert {"git.sha", "git.dirty", "lock.sha256", "device", "version.torch", "train.threads"} <= tags.keys()


def test_the_input_is_recorded_with_the_digest_of_dvc(recorded: Any) -> None:
    index = recorded.folder / "data/shards/toys/index.parquet"
    ((name, digest, profile),) = recorded.query("select name, digest, dataset_profile from datasets")
    assert (name, digest) == ("toys", hashlib.md5(index.read_bytes()).hexdigest())
    assert json.loads(profile) == {
        "samples": 2,
        "splits": {"train": 2},
        "sources": {"attic": {"licence": "CC0-1.0", "samples": 2}},
    }


def test_one_model_version_is_the_candidate(recorded: Any) -> None:
    ((version, run_id, source),) = recorded.query("select version, run_id, source from model_versions")
    assert source == f"runs:/{run_id}/weights"
    aliases = recorded.query("select name, alias, version from registered_model_aliases")
    assert aliases == [("toy", "candidate", version)]
    artifacts = recorded.folder / "data/work/mlflow-artifacts/toy" / run_id / "artifacts"
    published = recorded.folder / "data/models/toy/weights/model.safetensors"
    assert (artifacts / "weights/model.safetensors").read_bytes() == published.read_bytes()
    assert (artifacts / "evaluation/figures/error.svg").exists()


def test_evaluation_joins_the_run_of_the_training(recorded: Any) -> None:
    metrics = dict(recorded.query("select key, value from latest_metrics where key like 'eval/%'"))
    published = json.loads((recorded.folder / "data/evals/toy/metrics.json").read_text())
    assert metrics == {f"eval/{name}": value for name, value in published.items()}
    assert recorded.runs() == ["FINISHED"]


def test_a_second_evaluation_adds_no_point(recorded: Any) -> None:
    before = recorded.query("select count(*) from metrics")
    assert recorded.run("evaluate") == 0
    assert recorded.query("select count(*) from metrics") == before


def test_no_secret_is_written_anywhere(recorded: Any) -> None:
    files = [path for path in recorded.folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


def test_no_path_of_this_machine_is_recorded(recorded: Any) -> None:
    """But for the address of the local artifact store itself."""
    here = {str(recorded.folder), str(Path.home())}
    for table in ("params", "tags", "datasets", "model_versions"):
        for row in recorded.query(f"select * from {table}"):
            assert not [
                value for value in row if isinstance(value, str) and any(path in value for path in here)
            ]
    published = [
        path for name in ("models", "evals") for path in (recorded.folder / "data" / name).rglob("*.*")
    ]
    assert not [path for path in published if str(recorded.folder).encode() in path.read_bytes()]


def test_a_changed_parameter_is_another_run(make_toy: Callable[..., Any]) -> None:
    toy = make_toy()
    assert toy.run() == 0
    toy.recipe["learning_rate"] = 0.02
    toy.write_params()
    assert toy.run() == 0
    assert toy.runs() == ["FINISHED", "FINISHED"]
    assert len(set(toy.query("select value from tags where key = 'run.key'"))) == 2
