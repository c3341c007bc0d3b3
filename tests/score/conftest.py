"""Samples with their records."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from stages.core.records import Record, Sample


@pytest.fixture
def sample() -> Callable[..., Sample]:
    """`sample("key", "png", content, text=...)`: a sample with its record."""

    def make(key: str, extension: str, content: bytes, **facts: Any) -> Sample:
        known = {"text": "a red box", "language": "en", "group": key, "source": "made", "licence": "CC0-1.0"}
        sha256 = hashlib.sha256(content).hexdigest()
        record = Record(**{"key": key, "origin": "here", "sha256": sha256} | known | facts)
        return Sample(key, {"json": record.model_dump_json().encode(), extension: content})

    return make


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare a test the start of worker processes."""
    monkeypatch.setattr("stages.score.run.map_shards", map)
