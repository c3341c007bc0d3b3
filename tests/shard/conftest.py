"""An ingested corpus and what is kept of it."""

from pathlib import Path

import pytest

from tests.shard.material import ingest, keep, samples


@pytest.fixture
def ingested(tmp_path: Path) -> Path:
    return ingest(tmp_path / "ingested", samples())


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return keep(tmp_path / "kept.parquet", samples())


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare a test the start of worker processes."""
    for module in ("locate", "run", "verify"):
        monkeypatch.setattr(f"stages.shard.{module}.map_shards", map)
