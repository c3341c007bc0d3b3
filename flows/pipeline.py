"""The whole graph as one Prefect flow: data, then every system side by side, then the report.

    python -m flows.pipeline [--systems clip,whisper] [--data-only]

One Prefect task is one DVC stage, and each waits for exactly the stages that DVC's graph puts before it. So a
system trains as soon as its own corpus is ready, and one that fails stops no other; the report comes in the
end in any case, and shows the hole. DVC alone decides what is stale: Prefect caches nothing and keeps no
results.
"""

import platform
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from prefect import flow, get_run_logger, runtime, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
from prefect.client.schemas.objects import State, TaskRun
from prefect.exceptions import PrefectException
from prefect.futures import PrefectFuture
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.tasks import exponential_backoff
from prefect.utilities.annotations import allow_failure

from flows import graph, reproduce, results, server, slots

FLOW_RUN_VARIABLE = "TENFOLD_FLOW_RUN_ID"  # becomes a tag of the stage's MLflow run

_RETRIES = {reproduce.TRY_AGAIN: 3, 128 + signal.SIGKILL: 1}  # by exit code: how often to try again
_DONE = "up to date"
_WIDEST = 64  # stages in flight; waiting ones count


def worth_retrying(_task: Any, run: TaskRun, state: State[Any]) -> bool:
    """Whether a stage that failed should be tried again, by its exit code and the tries so far.

    A condition that may pass (75): three times. Killed, most likely for want of memory: once, and the stage
    goes on from its checkpoint. Bad data, bad configuration and all else fail again, and so never.
    """
    error = state.data
    if not isinstance(error, reproduce.StageFailedError) or reproduce.stopping():
        return False
    return run.run_count <= _RETRIES.get(error.exit_code, 0)


@task(
    name="stage",
    task_run_name="{target}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=max(_RETRIES.values()),
    retry_condition_fn=worth_retrying,
    retry_delay_seconds=exponential_backoff(backoff_factor=10),
    retry_jitter_factor=0.5,
)
def stage(target: str, timeout: float | None = None, places: slots.Slots | None = None) -> None:
    """Reproduce one stage; with `places`, when one of them is free, and confined to its GPUs."""
    log = get_run_logger().info
    environment = {FLOW_RUN_VARIABLE: str(runtime.flow_run.id or "")}
    if places is None:
        reproduce.run(target, log, environment, timeout)
        return
    try:
        with slots.held(places, reproduce.stopping) as devices:
            _show(places)
            reproduce.run(target, log, {**environment, **devices}, timeout)
    finally:
        _show(places)


_threads: Any = ThreadPoolTaskRunner(max_workers=_WIDEST)  # Any: its type is at odds with what flow() takes


def _run_name() -> str:
    """What a run is for, and since when: `clip, whisper 2026-11-23 18:52`."""
    given = runtime.flow_run.parameters
    what = "data" if given.get("data_only") else ", ".join(given.get("systems") or ["all"])
    return f"{what} {runtime.flow_run.scheduled_start_time:%Y-%m-%d %H:%M}"


@flow(name="pipeline", flow_run_name=_run_name, task_runner=_threads, persist_result=False)
def pipeline(
    systems: list[str] | None = None,
    data_only: bool = False,
    slot_limit: int | None = None,
    stage_timeout: float | None = None,
) -> State[None]:
    """Bring data, systems and report up to date.

    Args:
        systems: which to train and evaluate, with what they depend on; empty for all.
        data_only: stop after the data.
        slot_limit: at most so many trainings and evaluations at once; empty for what GPUs or cores allow.
        stage_timeout: seconds after which a stage is stopped; empty for no limit.
    """
    stages = graph.parse(reproduce.dag())
    targets = graph.select(stages, systems, data_only=data_only)
    places = slots.of_this_machine(slot_limit)
    _create_limit(places)
    with reproduce.accepting():
        futures = _submit(stages, targets, places, stage_timeout)
        outcomes = {target: _outcome(future) for target, future in futures.items()}
    create_markdown_artifact(
        results.markdown(list(outcomes.items())), key="results", description="What came out of this run."
    )
    failed = [f"{target} ({outcome})" for target, outcome in outcomes.items() if outcome != _DONE]
    if failed:
        return Failed(message="Not up to date: " + "; ".join(failed))
    return Completed(message=f"All {len(targets)} stages are up to date.")


def _submit(
    stages: graph.Graph, targets: list[str], places: slots.Slots, timeout: float | None
) -> dict[str, PrefectFuture[None]]:
    """Start every stage once those before it are done, and the report once all others have ended somehow."""
    futures: dict[str, PrefectFuture[None]] = {}
    for target in targets:
        before: list[Any] = [futures[name] for name in sorted(stages[target]) if name in futures]
        if target == graph.REPORT:
            before = [allow_failure(future) for future in futures.values()]
        place = places if graph.system_of(target) else None
        futures[target] = stage.submit(target, timeout, place, wait_for=before, return_state=False)
    return futures


def _outcome(future: PrefectFuture[None]) -> str:
    """Wait for a stage and say in a few words what became of it."""
    future.wait()
    state = future.state
    if state.is_completed():
        return _DONE
    if state.is_pending():
        return "not run, since a stage before it failed"
    error = state.result(raise_on_failure=False)
    return error.outcome if isinstance(error, reproduce.StageFailedError) else str(error)


def _show(places: slots.Slots) -> None:
    """Let Prefect show how many slots are taken, as a global concurrency limit; what counts is the locks."""
    taken = GlobalConcurrencyLimitUpdate(limit=len(places.names), active_slots=slots.count_held(places))
    try:
        with get_client(sync_client=True) as client:
            client.update_global_concurrency_limit(_limit_name(places), taken)
    except (PrefectException, httpx.HTTPError) as error:
        get_run_logger().debug("slots not shown: %s", error)


def _create_limit(places: slots.Slots) -> None:
    """Make the limit that `_show` updates, before tasks that run at once could each try to."""
    try:
        with get_client(sync_client=True) as client:
            client.upsert_global_concurrency_limit_by_name(_limit_name(places), len(places.names))
    except (PrefectException, httpx.HTTPError) as error:
        get_run_logger().debug("slots not shown: %s", error)


def _limit_name(places: slots.Slots) -> str:
    return f"{places.kind}-{platform.node()}"


def _terminate(number: int, _frame: Any) -> None:
    raise KeyboardInterrupt(f"signal {number}")


def main(
    systems: Annotated[str, typer.Option(help="Systems to train, separated by commas; default: all.")] = "",
    data_only: Annotated[bool, typer.Option("--data-only", help="Stop after the data.")] = False,
    slot_limit: Annotated[
        int | None, typer.Option("--slots", min=1, help="Systems at once, at most.")
    ] = None,
) -> None:
    """Reproduce the pipeline as a Prefect flow on this machine."""
    wanted = [name.strip() for name in systems.split(",") if name.strip()] or None
    if not Path("dvc.yaml").is_file():
        raise typer.BadParameter("dvc.yaml is not here; run from the root of the repository")
    signal.signal(signal.SIGTERM, _terminate)
    try:
        if wanted:
            graph.select(graph.parse(reproduce.dag()), wanted)
        typer.echo(f"Prefect's page: {server.ensure()}")
    except (ValueError, RuntimeError) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(78)
    state = pipeline(wanted, data_only, slot_limit, return_state=True)
    typer.echo(state.message)
    sys.exit(0 if state.is_completed() else 1)


if __name__ == "__main__":
    typer.run(main)
