"""A few rows are judged in this process: starting a worker takes longer than all of a test."""

import pytest

from stages.filter import run


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "map_shards", map)
