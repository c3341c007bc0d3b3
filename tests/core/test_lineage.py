"""The run key changes with everything that changes bits, and with nothing else."""

from pathlib import Path
from typing import Any

import pytest
from toy_system import System, ToyParams

from stages.core import lineage
from stages.core.device import TrainParams
from stages.core.errors import BadDataError
from stages.core.lineage import Lineage, flat

RECIPE = {
    "steps": 1,
    "batch_size": 1,
    "learning_rate": 1,
    "schedule": "linear",
    "checkpoint_every": 1,
    "log_every": 1,
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "toys").mkdir()
    (tmp_path / "toys" / "index.parquet").write_bytes(b"index")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def trace(
    here: Path, train: dict[str, Any] | None = None, device: str = "cpu", seed: int = 1, **params: Any
) -> Lineage:
    chosen = ToyParams(**{"recipe": RECIPE, **params})
    return lineage.trace(
        "toy", System, chosen, TrainParams(**(train or {})), seed=seed, shards=here, device=device
    )


def test_the_same_making_is_the_same_key(here: Path) -> None:
    assert trace(here) == trace(here)
    assert len(trace(here).key) == 64


def test_each_part_of_the_making_is_in_the_key(here: Path) -> None:
    keys = {
        trace(here).key,
        trace(here, width=9).key,
        trace(here, recipe={**RECIPE, "steps": 2}).key,
        trace(here, train={"threads": 1}).key,
        trace(here, device="cuda").key,
        trace(here, seed=2).key,
    }
    (here / "requirements.lock").write_text("torch==2.13.0\n")
    keys.add(trace(here).key)
    (here / "toys" / "index.parquet").write_bytes(b"other")
    keys.add(trace(here).key)
    assert len(keys) == 8


def test_a_missing_corpus_is_named(here: Path) -> None:
    with pytest.raises(BadDataError, match="dvc repro shard@toys"):
        trace(here / "nowhere")


def test_a_flow_run_that_is_no_id_is_not_recorded(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENFOLD_FLOW_RUN_ID", "$(secret)")
    monkeypatch.delenv("PREFECT__FLOW_RUN_ID", raising=False)
    assert "flow.run_id" not in trace(here).tags


def test_without_git_the_commit_is_unknown(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(here))
    assert trace(here).tags["git.sha"] == "unknown"


def test_params_are_flat() -> None:
    assert flat({"a": 1, "b": {"c": None, "d": {"e": [1, 2]}}}) == {
        "a": "1",
        "b.c": "None",
        "b.d.e": "[1, 2]",
    }
