"""Toy repositories for tests that run DVC and Prefect for real."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import reproduce
from tests.end_to_end import toy


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A toy repository with nothing reproduced yet; it is the working directory of the test."""
    folder = toy.make_repository(tmp_path / "a repository")
    monkeypatch.chdir(folder)
    for name, text in toy.environment().items():
        monkeypatch.setenv(name, text)
    with reproduce.accepting():
        yield folder
