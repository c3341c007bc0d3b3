"""Ready tars enter at `score`: their media byte by byte as it was, and a row for each sample."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
from PIL import Image

from stages.core.tars import read_samples
from stages.ingest.params import IngestParams
from stages.ingest.run import ingest
from tests.ingest.material import Site, body, flac_bytes, png_bytes, status, write_jsonl


def jpeg_bytes(red: int = 0) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (12, 8), (red, 9, 9)).save(file, "JPEG")
    return file.getvalue()


def wav_bytes() -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(800, np.float32), 8_000, format="WAV")
    return file.getvalue()


def webdataset(samples: list[dict[str, bytes]]) -> bytes:
    """A tar as webdataset's writer makes it: float times, hence extended headers."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for number, files in enumerate(samples):
            for extension, content in files.items():
                info = tarfile.TarInfo(f"{number:09d}.{extension}")
                info.size, info.mtime = len(content), 1700000000.5
                tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


def downloaded(number: int, **more: Any) -> dict[str, bytes]:
    """A sample of img2dataset's."""
    facts = {
        "caption": f"In json {number}",
        "url": f"https://a/{number}.jpg",
        "key": f"{number:09d}",
        "status": "success",
    }
    facts |= {"error_message": None, "width": 12, "height": 8, "exif": "{}", "sha256": "0" * 64, **more}
    return {
        "jpg": jpeg_bytes(number),
        "txt": f"Caption {number}".encode(),
        "json": json.dumps(facts).encode(),
    }


def run(folder: Path, sources: list[dict[str, Any]], kind: str = "image", **more: Any) -> Path:
    params = IngestParams.model_validate({"kind": kind, "root": str(folder), "sources": sources, **more})
    ingest("c", params, 3, lambda _: None, work=folder / "work", out=folder / "out")
    return folder / "out" / "c"


def ledger(out: Path) -> list[dict[str, Any]]:
    return [row for path in sorted(out.glob("*.ledger.parquet")) for row in pq.read_table(path).to_pylist()]


@pytest.fixture(autouse=True)
def one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENFOLD_WORKERS", "1")


READY = {"name": "web", "layout": "webdataset", "manifest": "ready", "licence": "MIT", "language": "en"}


def test_tars_of_img2dataset(tmp_path: Path) -> None:
    (tmp_path / "ready").mkdir()
    bad: list[dict[str, bytes]] = [
        {**downloaded(3), "jpg": b"GIF89a"},
        {"txt": b"no media"},
        {**downloaded(4), "json": b"{broken"},
        {**downloaded(5), "txt": b"  "},
        {**downloaded(6), "png": png_bytes()},
        {**downloaded(7), "jpg": jpeg_bytes()[:20]},
    ]
    first = [downloaded(0), downloaded(1, language="fr"), *bad]
    (tmp_path / "ready" / "00000.tar").write_bytes(webdataset(first))
    (tmp_path / "ready" / "00001.tar").write_bytes(webdataset([downloaded(8), downloaded(9)])[:8_000])
    (tmp_path / "ready" / "00000_stats.json").write_text("{}")
    out = run(tmp_path, [READY], bounds={"pixels": 1000})
    samples = [sample for tar in sorted(out.glob("*.tar")) for sample in read_samples(tar)]
    assert [sample.record.text for sample in samples][:2] == ["Caption 0", "Caption 1"]
    record, content = samples[1].record, samples[1].files["jpg"]
    assert content == jpeg_bytes(1)
    assert (record.origin, record.language, record.licence) == ("https://a/1.jpg", "fr", "MIT")
    assert (record.width, record.height, record.key) == (12, 8, "web-00000000-00000001")
    assert record.sha256 == hashlib.sha256(content).hexdigest()
    rows = ledger(out)
    assert [row["reason"] for row in rows] == [
        "", "", "unknown_format", "no_media", "bad_json", "empty_text", "several_media", "unknown_format",
        "", "damaged_tar",
    ]  # fmt: skip
    assert rows[3]["origin"] == "ready/00000.tar#000000003"
    assert len({row["key"] for row in rows}) == len(rows)


def test_our_own_tars_come_back_as_they_were(pictures: Path, tmp_path: Path) -> None:
    """Only keys and the source are new, and the tar of a second round is the same bytes."""
    art = [{"name": "art", "manifest": "art/manifest.jsonl", "licence": "CC0-1.0"}]
    params = IngestParams.model_validate(
        {"kind": "image", "root": str(pictures), "sources": art, "shard_samples": 8}
    )
    ingest("c", params, 3, lambda _: None, work=tmp_path / "work", out=tmp_path / "first")
    source = {
        "name": "again",
        "layout": "webdataset",
        "manifest": str(tmp_path / "first" / "c"),
        "split": "held",
    }
    out = run(tmp_path, [source])
    before = [
        sample for tar in sorted((tmp_path / "first" / "c").glob("*.tar")) for sample in read_samples(tar)
    ]
    after = [sample for tar in sorted(out.glob("*.tar")) for sample in read_samples(tar)]
    assert [sample.files["png"] for sample in after] == [sample.files["png"] for sample in before]
    changed = {"key", "source", "split"}
    assert [sample.record.model_dump(exclude=changed) for sample in after] == [
        sample.record.model_dump(exclude=changed) for sample in before
    ]
    assert {sample.record.split for sample in after} == {"held"}
    assert [path.name for path in sorted(out.glob("*.tar"))] == ["00000.tar", "00001.tar", "00002.tar"]


def test_recordings_have_to_be_in_our_form(tmp_path: Path) -> None:
    samples = [
        {"flac": flac_bytes(), "txt": b"tone"},
        {"wav": wav_bytes(), "txt": b"x"},
        {"flac": b"fLaC", "txt": b"x"},
    ]
    (tmp_path / "m.tar").write_bytes(webdataset(samples))
    out = run(tmp_path, [READY | {"manifest": "m.tar"}], "audio")
    (sample,) = (sample for tar in out.glob("*.tar") for sample in read_samples(tar))
    assert (sample.files["flac"], sample.record.duration) == (flac_bytes(), 0.4)
    assert [row["reason"] for row in ledger(out)] == ["", "no_media", "bad_audio"]


def test_ready_tars_and_single_files_in_one_corpus_also_from_the_web(pictures: Path, site: Site) -> None:
    site.answers["/00000.tar"] = body(webdataset([downloaded(0), downloaded(1)]))
    site.answers["/00001.tar"] = status(404)
    write_jsonl(pictures / "m.jsonl", [{"file": f"art/{number}.png", "text": "x"} for number in range(3)])
    sources = [
        {"name": "files", "manifest": "m.jsonl", "licence": "MIT"},
        READY | {"manifest": site.url("/{00000..00001}.tar")},
    ]
    out = run(pictures, sources, fetch={"allow_private": ["127.0.0.1/32"]}, shard_samples=2)
    counts = [sum(1 for _ in read_samples(tar)) for tar in sorted(out.glob("*.tar"))]
    assert counts == [2, 1, 2, 0]
    assert [row["reason"] for row in ledger(out)] == [""] * 5 + ["http_404"]


def test_without_a_licence_nothing_is_taken(tmp_path: Path) -> None:
    from stages.core.errors import BadDataError

    (tmp_path / "m.tar").write_bytes(webdataset([downloaded(0)]))
    with pytest.raises(BadDataError, match="no_licence"):
        run(tmp_path, [{"name": "web", "layout": "webdataset", "manifest": "m.tar"}])


def test_tars_of_s3_leave_nothing_behind(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process: workers have the credentials of the moment at which their server was started."""
    monkeypatch.setattr("stages.ingest.run.map_shards", lambda function, tasks, **_: map(function, tasks))
    for part in range(2):
        bucket.put_object(Key=f"ready/{part}.tar", Body=webdataset([downloaded(part)]))
    out = run(tmp_path, [READY | {"manifest": "s3://pairs/ready/"}])
    assert [row["origin"] for row in ledger(out)] == ["https://a/0.jpg", "https://a/1.jpg"]
    left = [path for path in (tmp_path / "work").rglob("*") if path.is_file()]
    assert not any(b"ustar" in path.read_bytes() for path in left)


@pytest.mark.fault
def test_a_kill_in_the_middle_of_a_tar_changes_no_byte(tmp_path: Path) -> None:
    (tmp_path / "m.tar").write_bytes(webdataset([downloaded(number) for number in range(5)]))
    source = READY | {"manifest": "m.tar"}
    whole = {path.name: path.read_bytes() for path in run(tmp_path, [source]).iterdir()}
    (tmp_path / "params.yaml").write_text(
        f"seed: 3\ningest:\n  c: {json.dumps({'kind': 'image', 'root': '.', 'sources': [source]})}\n"
    )
    command = [sys.executable, "-m", "stages.ingest", "run", "c"]
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    said = ""
    for point in ("ingest-after-line-2", ""):
        fails = environment | {"TENFOLD_FAIL_AT": point}
        done = subprocess.run(command, cwd=tmp_path, env=fails, capture_output=True, text=True, check=False)
        said += done.stderr
    assert "3 kept from an earlier run" in said
    again = tmp_path / "data" / "ingested" / "c"
    assert {path.name: path.read_bytes() for path in again.iterdir()} == whole
