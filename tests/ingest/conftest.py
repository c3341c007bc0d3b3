"""A tiny corpus of audio, one of images, and a web server on this machine."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ingest.material import Site, flac_bytes, png_bytes, write_jsonl


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A root with single recorded words: two speakers with five words each."""
    root = tmp_path / "root"
    rows = []
    for speaker, language in (("ann", "en"), ("bob", "fr")):
        for number in range(5):
            name = f"{speaker}/{number}.flac"
            (root / "words" / speaker).mkdir(parents=True, exist_ok=True)
            (root / "words" / name).write_bytes(flac_bytes(0.1 + 0.05 * number, 200.0 + 100 * number))
            text = f"{language}{number}"
            row = {"file": name, "text": text, "language": language, "translation": f"w{number}"}
            rows.append(row | {"speaker": speaker, "kind": "digit", "licence": "CC0-1.0"})
    write_jsonl(root / "words" / "manifest.jsonl", rows)
    return root


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
    found = Site()
    thread = threading.Thread(target=found.server.serve_forever, args=(0.01,))
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()
