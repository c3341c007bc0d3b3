"""The record of a run in MLflow: one run per run key, one point per step, whatever was killed.

The journal is the truth; MLflow gets of it what it does not have yet, when a checkpoint has committed. A run
is found again by its tag `run.key`: the same key means the same bits, so a forced second training or an
evaluation continues the run of the first. When MLflow cannot be reached, the stage goes on, says so once, and
sends everything later. What is recorded is an allowlist: params, tags, metrics and files that are named here.
"""

import json
import logging
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from stages.core.journal import Row
from stages.core.lineage import Lineage
from stages.core.process import locked, stop_requested
from stages.core.reader import Shards

_URI = "MLFLOW_TRACKING_URI"
_EXPERIMENT = {"mlflow.experimentKind": "custom_model_development"}  # which pages MLflow's site shows of it
_DEFAULTS = {  # an unreachable server must not hold up a training
    "DO_NOT_TRACK": "1",
    "MLFLOW_CONFIGURE_LOGGING": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
_MOST_METRICS = 1000  # MLflow's limit for one batch
_MOST_PARAMS = 100  # likewise
_PAUSE = 60.0  # seconds before MLflow is tried again after a failure
_logger = logging.getLogger(__name__)


class Tracker:
    """A run's record, as a context: FINISHED when it ends well, KILLED on a signal, FAILED on an error.

    Args:
        made_of: the lineage, with the key that finds the run.
        work: the folder of the default store.
        shards: the folder of the corpora, to describe the inputs.
        clock: seconds that only grow; replaced in tests.
    """

    def __init__(
        self, made_of: Lineage, work: Path, shards: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._made_of, self._work, self._shards, self._clock = made_of, work, shards, clock
        self._client: Any = None
        self._run_id = ""
        self._rows: Sequence[Row] = ()
        self._known: dict[str, set[int]] = {}  # steps that MLflow has, by metric
        self._warned = False
        self._not_before = 0.0

    def __enter__(self) -> Self:
        self._attempt(self._send_rows)
        return self

    def send(self, rows: Sequence[Row]) -> None:
        """Record the journal's rows that MLflow does not have yet."""
        self._rows = rows
        self._attempt(self._send_rows)

    def model(self, weights: Path) -> None:
        """Record the published weights and register them as a version of the model named like the system."""
        self._attempt(lambda: self._register(weights), insist=True)

    def results(self, metrics: Mapping[str, float], pages: Path) -> None:
        """Record an evaluation, and make the run's registered model the `candidate`.

        Args:
            metrics: what was measured, by flat name.
            pages: a folder of figures and tables.
        """
        self._attempt(lambda: self._send_results(metrics, pages), insist=True)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        status = "FAILED" if error is not None else "KILLED" if stop_requested() else "FINISHED"
        self._attempt(lambda: self._finish(status), insist=True)

    def _attempt(self, action: Callable[[], object], *, insist: bool = False) -> None:
        """Do something with MLflow; its troubles are told once and stop nothing."""
        if not insist and self._clock() < self._not_before:
            return
        try:
            if not self._run_id:
                self._open()
            action()
        except Exception as error:  # noqa: BLE001 - whatever a tracking server does, the training goes on
            self._known.clear()  # what arrived is asked for anew
            self._not_before = self._clock() + _PAUSE
            if not self._warned:
                self._warned = True
                message = "MLflow is not to be reached, the journal keeps everything until it is: %s: %s"
                _logger.warning(message, type(error).__name__, _without_secrets(str(error)))

    def _open(self) -> None:
        """Find the run of this key or start it."""
        for name, value in _DEFAULTS.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient  # noqa: PLC0415 - takes seconds, and heeds the variables above

        self._work.mkdir(parents=True, exist_ok=True)
        for noisy in ("alembic", "mlflow"):
            logging.getLogger(noisy).setLevel(logging.CRITICAL)  # `_attempt` says what goes wrong
        own_store = f"sqlite:///{self._work}/mlflow.db?timeout=60"
        with locked(self._work / "mlflow.lock"):  # processes that make the same tables at once fail
            self._client = MlflowClient(os.environ.get(_URI) or own_store)
            experiment = self._experiment()
            run_id = self._find(experiment) or self._create(experiment)
        self._client.update_run(run_id, status="RUNNING")
        self._describe(run_id)
        self._run_id = run_id

    def _experiment(self) -> str:
        """The id of the experiment named like the system."""
        name = self._made_of.name
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        own = None if os.environ.get(_URI) else str(self._work / "mlflow-artifacts" / name)
        return str(self._client.create_experiment(name, artifact_location=own, tags=_EXPERIMENT))

    def _find(self, experiment: str) -> str | None:
        query = f"tags.`run.key` = '{self._made_of.key}'"
        found = self._client.search_runs([experiment], query, max_results=1)
        return str(found[0].info.run_id) if found else None

    def _create(self, experiment: str) -> str:
        commit, key = self._made_of.tags.get("git.sha", "unknown"), self._made_of.key
        name = f"{self._made_of.name}-{commit[:7]}-{key[:6]}"
        run = self._client.create_run(experiment, tags={"run.key": key}, run_name=name)
        return str(run.info.run_id)

    def _describe(self, run_id: str) -> None:
        from mlflow.entities import Param, RunTag  # noqa: PLC0415

        params = [Param(name, value) for name, value in self._made_of.params.items()]
        for part in _chunks(params, _MOST_PARAMS):
            self._client.log_batch(run_id, params=part)
        tags = [RunTag(name, value) for name, value in self._made_of.tags.items()]
        self._client.log_batch(run_id, tags=tags)
        self._client.log_inputs(run_id, [self._dataset(corpus) for corpus in self._made_of.inputs])

    def _dataset(self, corpus: str) -> Any:
        """A corpus as MLflow's dataset input; its digest is the one in dvc.lock."""
        from mlflow.entities import Dataset, DatasetInput, InputTag  # noqa: PLC0415

        index = self._shards / corpus / "index.parquet"
        dataset = Dataset(
            name=corpus,
            digest=self._made_of.inputs[corpus],
            source_type="dvc",
            source=json.dumps({"uri": str(index)}),
            profile=json.dumps(_profile(Shards(self._shards / corpus))),
        )
        return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])

    def _send_rows(self) -> None:
        """Send the points that are missing: what MLflow has is asked for once, then remembered."""
        from mlflow.entities import Metric  # noqa: PLC0415

        now = int(time.time() * 1000)
        points = []
        for row in self._rows:
            step = int(row["step"])
            for name, value in row.items():
                if name != "step" and step not in self._steps(name):
                    points.append(Metric(name, value, now, step))
        for part in _chunks(points, _MOST_METRICS):
            self._client.log_batch(self._run_id, metrics=part)
            for point in part:
                self._known[point.key].add(point.step)

    def _steps(self, metric: str) -> set[int]:
        if metric not in self._known:
            history = self._client.get_metric_history(self._run_id, metric)
            self._known[metric] = {point.step for point in history}
        return self._known[metric]

    def _register(self, weights: Path) -> None:
        """Keep the weights with the run; one version of the model points to them."""
        name, run_id = self._made_of.name, self._run_id
        if self._client.search_model_versions(f"run_id = '{run_id}'"):
            return
        self._client.log_artifacts(run_id, str(weights), "weights")
        if not self._client.search_registered_models(f"name = '{name}'"):
            self._client.create_registered_model(name)
        tags = {"run.key": self._made_of.key}
        self._client.create_model_version(name, f"runs:/{run_id}/weights", run_id, tags=tags)

    def _send_results(self, metrics: Mapping[str, float], pages: Path) -> None:
        from mlflow.entities import Metric  # noqa: PLC0415

        had = self._client.get_run(self._run_id).data.metrics
        now = int(time.time() * 1000)
        new = [Metric(f"eval/{name}", value, now, 0) for name, value in metrics.items()]
        new = [each for each in new if had.get(each.key) != each.value]
        for part in _chunks(new, _MOST_METRICS):
            self._client.log_batch(self._run_id, metrics=part)
        self._client.log_artifacts(self._run_id, str(pages), "evaluation")
        for version in self._client.search_model_versions(f"run_id = '{self._run_id}'"):
            self._client.set_registered_model_alias(self._made_of.name, "candidate", version.version)

    def _finish(self, status: str) -> None:
        self._send_rows()
        self._client.set_terminated(self._run_id, status)


def _profile(shards: Shards) -> dict[str, Any]:
    """How many samples from where, and under which licence each source's first sample stands."""
    table = shards.table
    result: dict[str, Any] = {"samples": len(shards), "splits": table.split.counts(), "sources": {}}
    for source, count in table.source.counts().items():
        licence = shards.select(source=source)[0].record.licence
        result["sources"][source] = {"samples": count, "licence": licence}
    return result


def _chunks(items: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _without_secrets(message: str) -> str:
    """An error's first line without the user and password of a tracking address."""
    line = message.strip().partition("\n")[0]
    return re.sub(r"//[^/@\s]+@", "//", line)[:200]
