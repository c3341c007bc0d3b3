"""One worker is enough for a few rows."""

import pytest

from stages.core.executor import WORKERS_VARIABLE


@pytest.fixture(autouse=True)
def one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WORKERS_VARIABLE, "1")
