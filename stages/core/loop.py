"""The loop that takes a system from its last checkpoint to its last step.

Nothing here remembers anything but the state and its step: batches are pure functions of the step, and the
random numbers of a step come from a seed made of (root seed, system, step, rank). So a run that was killed
and resumed ends with the same bits as one that was not.
"""

import math
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

import torch
from pydantic import Field
from torch.utils.data import DataLoader, Dataset

from stages.core import distributed
from stages.core.checkpoint import Checkpoints
from stages.core.journal import Journal, Row
from stages.core.params import Params
from stages.core.process import die_with_parent, failpoint, stop_requested
from stages.core.progress import Progress
from stages.core.seeds import fold
from stages.core.state import State

_MOST_POINTS = 2000  # of a curve: beyond it MLflow's page and DVC's plots grow slow

_Count = Annotated[int, Field(ge=1)]


class Pace(Params):
    """How long a run is, and how often it saves and records: `systems.<name>.recipe` has at least these.

    Attributes:
        steps: steps of the whole run.
        checkpoint_every: steps between checkpoints.
        log_every: steps between the points of a curve.
    """

    steps: _Count
    checkpoint_every: _Count
    log_every: _Count


class Steps(Protocol):
    """What the loop needs of a system; see `stages.systems.System`."""

    def batch(self, step: int, rank: int = 0, world: int = 1) -> Any:
        """The input of a step."""
        ...

    def step(self, state: Any, batch: Any) -> Mapping[str, float]:
        """Advance the state by one step."""
        ...


@dataclass(frozen=True)
class Job:
    """One run of the loop.

    Attributes:
        name: the system's name, from which random draws descend.
        seed: the root seed.
        pace: how long and how often.
        folder: the run's own work folder.
        key: the run key.
        build: makes the system; picklable, so that worker processes make their own.
        workers: processes that prepare batches; 0 prepares them here. It changes no bit.
    """

    name: str
    seed: int
    pace: Pace
    folder: Path
    key: str
    build: Callable[[], Steps]
    workers: int = 0


def run(
    job: Job, system: Steps, state: State, on_commit: Callable[[list[Row]], None] = lambda _: None
) -> list[Row] | None:
    """Resume and run to the last step, or until a signal asks to stop.

    Args:
        job: what to run.
        system: built by `job.build`.
        state: as `init` made it; brought up to the newest checkpoint here.
        on_commit: told all journal rows so far, after the resume and after each checkpoint (rank 0 only).

    Returns:
        The journal's rows, or None when it was stopped before the last step. Either way the state is saved.

    Raises:
        TryAgainError: the disk is full; the last checkpoint stands.
    """
    checkpoints = Checkpoints(job.folder, job.key)
    checkpoints.restore(state)
    if distributed.rank() > 0:
        return [] if _take_steps(job, system, state, lambda _: None, lambda *_: None) else None
    journal = Journal(job.folder / "metrics.jsonl", state.step)
    on_commit(journal.rows)

    def commit(state: State) -> None:
        journal.sync()
        checkpoints.save(state)
        failpoint("commit-before-tracking")
        on_commit(journal.rows)
        failpoint(f"commit-{state.step}")

    try:
        return journal.rows if _take_steps(job, system, state, commit, journal.append) else None
    finally:
        journal.close()


def _take_steps(
    job: Job,
    system: Steps,
    state: State,
    commit: Callable[[State], None],
    record: Callable[[int, Mapping[str, float]], None],
) -> bool:
    """Whether the last step was reached."""
    steps = job.pace.steps
    log_every = max(job.pace.log_every, math.ceil(steps / _MOST_POINTS))
    with Progress(job.name, state.step, steps, shown=distributed.rank() == 0) as progress:
        for batch in _batches(job, state.step):
            torch.manual_seed(fold(job.seed, job.name, "step", state.step, distributed.rank()))
            metrics = system.step(state, batch)
            failpoint(f"step-{state.step}")
            progress.update(state.step, metrics.get("loss", math.nan))
            last = state.step >= steps
            if last or state.step % log_every == 0:
                record(state.step, metrics)
            stop = distributed.anywhere(stop_requested())
            if last or stop or state.step % job.pace.checkpoint_every == 0:
                commit(state)
            if stop:
                break
    return state.step >= steps


def _batches(job: Job, start: int) -> Iterator[Any]:
    """The batches of the steps from `start` on, prepared ahead by worker processes if there are any."""
    if start >= job.pace.steps:
        return iter(())
    loader: DataLoader[Any] = DataLoader(
        _ByStep(job.build, distributed.rank(), distributed.world()),
        batch_size=None,
        sampler=range(start, job.pace.steps),
        num_workers=job.workers,
        collate_fn=_as_is,
        # forking a process that has threads (torch's, MLflow's) may hang the child
        multiprocessing_context="spawn" if job.workers else None,
        generator=torch.Generator(),
    )
    return iter(loader)


class _ByStep(Dataset[Any]):
    """Batches by step number."""

    def __init__(self, build: Callable[[], Steps], rank: int, world: int) -> None:
        self._build, self._rank, self._world = build, rank, world
        self._system: Steps | None = None
        self._parent = os.getpid()

    def __getitem__(self, step: int) -> Any:
        if self._system is None:
            if os.getpid() != self._parent:
                self._settle_worker()
            self._system = self._build()
        # one thread here as in a worker, or sums inside a batch might depend on the number of workers
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            return self._system.batch(step, self._rank, self._world)
        finally:
            torch.set_num_threads(threads)

    def _settle_worker(self) -> None:
        """A worker leaves signals to its parent, and ends with it."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        die_with_parent(self._parent)
        torch.use_deterministic_algorithms(mode=True)


def _as_is(batch: Any) -> Any:
    return batch
