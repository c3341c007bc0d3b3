"""Stages of a toy system as real processes, in folders of their own, with real signals."""

import dataclasses
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from stages.core.index import INDEX_SCHEMA
from stages.core.records import Record, Sample
from stages.core.tars import TarWriter

TOY = Path(__file__).parents[1] / "core" / "toy"
STAGES = Path(__file__).parents[2] / "stages"
RECIPE = {
    "steps": 12,
    "batch_size": 8,
    "accumulate": 2,
    "learning_rate": 0.01,
    "schedule": "cosine",
    "warmup": 2,
    "weight_decay": 0.1,
    "clip_norm": 1.0,
    "ema": 0.9,
    "checkpoint_every": 4,
    "log_every": 1,
}


class Zygote:
    """The process that forks stages; see `tests/core/toy/zygote.py`."""

    def __init__(self, package: Path, log: Path) -> None:
        env = {**os.environ, "PYTHONPATH": str(package), "MLFLOW_CONFIGURE_LOGGING": "false"}
        env.pop("MLFLOW_TRACKING_URI", None)
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, str(TOY / "zygote.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=env,
                cwd=package,
            )
        self._log = log

    def ask(self, **request: Any) -> Any:
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(self._log.read_text())
        return json.loads(answer)

    def close(self) -> None:
        self._process.communicate()


@dataclass
class Toy:
    """A working folder in which the toy's stages run.

    Attributes:
        folder: the working folder.
        zygote: what starts them.
        recipe: of params.yaml.
        train: the section of the same name.
        model: the toy's own params.
    """

    folder: Path
    zygote: Zygote
    recipe: dict[str, Any] = field(default_factory=lambda: dict(RECIPE))
    train: dict[str, Any] = field(default_factory=lambda: {"device": "cpu", "threads": 1})
    model: dict[str, Any] = field(default_factory=lambda: {"width": 8})

    def write_params(self) -> None:
        toy = {**self.model, "recipe": self.recipe}
        content = {"seed": 7, "train": self.train, "systems": {"toy": toy}}
        with (self.folder / "params.yaml").open("w") as file:
            YAML(typ="safe").dump(content, file)

    def start(self, stage: str = "train", **env: str) -> int:
        return self.zygote.ask(start=[stage], cwd=str(self.folder), env=env)

    def wait(self, pid: int) -> int:
        return self.zygote.ask(wait=pid)

    def run(self, stage: str = "train", **env: str) -> int:
        return self.wait(self.start(stage, **env))

    @property
    def errors(self) -> str:
        return (self.folder / "stderr").read_text()

    @property
    def work(self) -> Path:
        """The work folder of the one run."""
        (found,) = (path for path in (self.folder / "data/work/toy").iterdir() if path.is_dir())
        return found

    def checkpoints(self) -> list[str]:
        return sorted(path.name for path in self.work.glob("step-*"))

    def outputs(self) -> dict[str, str]:
        """The hashes of all that the stages publish, and of the journal."""
        paths = [path for name in ("models", "evals") for path in (self.folder / "data" / name).rglob("*")]
        files = [path for path in [*paths, self.work / "metrics.jsonl"] if path.is_file()]
        return {str(path.relative_to(self.folder)): _hash(path) for path in files}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the MLflow store of the working folder."""
        store = sqlite3.connect(self.folder / "data/work/mlflow.db")
        try:
            return store.execute(sql).fetchall()
        finally:
            store.close()

    def runs(self) -> list[str]:
        """The status of each run."""
        return [status for (status,) in self.query("select status from runs")]

    def points(self, metric: str = "loss") -> list[tuple[int, float]]:
        return self.query(f"select step, value from metrics where key = '{metric}' order by step")

    def kill_when(self, pid: int, happened: Callable[[], bool]) -> int:
        """SIGKILL the stage as soon as something is so, and return its exit code."""
        while not happened():
            time.sleep(0.002)
        os.kill(pid, signal.SIGKILL)
        return self.wait(pid)


def write_corpus(folder: Path) -> None:
    """Two samples, as `shard` would write them."""
    rows = []
    with TarWriter(folder / "tars" / "train-00000.tar") as tar:
        for key in ("toy-0", "toy-1"):
            record = Record(
                key=key,
                source="attic",
                licence="CC0-1.0",
                origin=key,
                sha256="0" * 64,
                text="a toy",
                group=key,
            )
            tar.write(Sample(key, {"json": record.model_dump_json().encode()}))
    for member in tar.members:
        row = {"source": "attic", "split": "train", "shard": "train-00000.tar", **dataclasses.asdict(member)}
        rows.append(row)
    pq.write_table(pa.Table.from_pylist(rows, INDEX_SCHEMA), folder / "index.parquet")


@pytest.fixture(scope="session")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    package = tmp_path_factory.mktemp("package")
    for name in ("__init__.py", "train.py", "evaluate.py", "systems/__init__.py", "core"):
        target = package / "stages" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (STAGES / name).is_dir() else shutil.copy
        copy(STAGES / name, target)
    made = Zygote(package, package / "zygote.log")
    made.ask(store=str(package))
    yield made
    made.close()


@pytest.fixture(scope="session")
def make_toy(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Toy]:
    """Make a working folder; keywords change the recipe, mappings the rest of params.yaml."""

    def make(train: dict[str, Any] | None = None, model: dict[str, Any] | None = None, **recipe: Any) -> Toy:
        folder = tmp_path_factory.mktemp("toy")
        (folder / "data/work").mkdir(parents=True)
        store = tmp_path_factory.getbasetemp() / "package0" / "mlflow.db"
        shutil.copy(store, folder / "data/work/mlflow.db")
        write_corpus(folder / "data/shards/toys")
        toy = Toy(folder, zygote)
        toy.recipe |= recipe
        toy.train |= train or {}
        toy.model |= model or {}
        toy.write_params()
        return toy

    return make


@pytest.fixture(scope="session")
def unbroken(make_toy: Callable[..., Toy]) -> Toy:
    """A run that nobody disturbed, trained and evaluated."""
    toy = make_toy()
    assert (toy.run(), toy.run("evaluate")) == (0, 0), toy.errors
    return toy


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
