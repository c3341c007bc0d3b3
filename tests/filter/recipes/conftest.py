"""What workers do is done here: starting them takes longer than all that they do."""

from collections.abc import Callable, Iterable, Iterator

import pytest

from stages.filter import run
from stages.filter.rows import Task


def here(function: Callable[[Task], None], tasks: Iterable[Task]) -> Iterator[None]:
    yield from map(function, tasks)


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "map_shards", here)
