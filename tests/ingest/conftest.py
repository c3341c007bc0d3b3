"""A tiny corpus of audio, one of images, and a web server on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ingest.material import Site, png_bytes, record_words, serving, write_jsonl


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A root with single recorded words: two speakers with five words each."""
    return record_words(tmp_path / "root")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A root with twenty small images and a manifest."""
    root = tmp_path / "root"
    (root / "art").mkdir(parents=True)
    rows = []
    for number in range(20):
        (root / "art" / f"{number}.png").write_bytes(png_bytes((number, 200, 30)))
        rows.append({"file": f"{number}.png", "text": f"Picture {number}", "tags": ["a", "b"]})
    write_jsonl(root / "art" / "manifest.jsonl", rows)
    return root


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        yield found
