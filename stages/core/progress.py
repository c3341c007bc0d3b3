"""How far a run is: a bar on a terminal, else a line now and then."""

import logging
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

_SECONDS_BETWEEN_LINES = 10.0
_logger = logging.getLogger(__name__)


class Progress:
    """Show the progress of `total` steps of which `done` are behind us.

    Args:
        name: what is running.
        done: steps done before.
        total: steps in all.
        shown: whether to show anything; of several ranks one does.
        clock: seconds that only grow; replaced in tests.
    """

    def __init__(
        self,
        name: str,
        done: int,
        total: int,
        *,
        shown: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._start, self._total, self._clock = name, done, total, clock
        self._began = self._spoke = clock()
        self._shown = shown
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]:.4g}"),
            TimeRemainingColumn(),
        )
        self._bar = Bar(*columns, console=Console(stderr=True)) if shown and sys.stderr.isatty() else None
        if self._bar:
            self._task = self._bar.add_task(name, total=total, completed=done, loss=float("nan"))

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def update(self, step: int, loss: float) -> None:
        """Say that `step` steps are done."""
        if self._bar:
            self._bar.update(self._task, completed=step, loss=loss)
            return
        now = self._clock()
        if self._shown and now - self._spoke >= _SECONDS_BETWEEN_LINES:
            self._spoke = now
            rate = (step - self._start) / (now - self._began)
            left = (self._total - step) / rate
            message = "%s: step %d of %d, loss %.4g, %.3g steps/s, %d s left"
            _logger.info(message, self._name, step, self._total, loss, rate, left)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()
