"""What `plan` says of a corpus before anything is fetched."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from stages.ingest.__main__ import app
from stages.ingest.estimate.cost import Machine
from stages.ingest.estimate.page import amount, estimate
from stages.ingest.params import IngestParams
from tests.ingest.material import Site, body, png_bytes

MACHINE = Machine(2, 8.0, 1.5)


def rows(count: int) -> list[dict[str, str]]:
    """A third of the links lead to one host, each other has a host of its own; every tenth has no text."""
    return [
        {
            "url": "https://big.org/x.png" if number % 3 == 0 else f"https://host{number}.org/x.png",
            "text": "" if number % 10 == 9 else f"No {number}",
        }
        for number in range(count)
    ]


def said(root: Path, sources: list[dict[str, Any]], sample: int = 1000, **more: Any) -> list[str]:
    params = IngestParams.model_validate({"kind": "image", "root": str(root), "sources": sources, **more})
    return list(estimate(params, root / "work", MACHINE, sample=sample))


def number(line: str) -> float:
    return float(re.sub(r"[^\d.]", "", line.split()[1]))


def value(lines: list[str], label: str) -> float:
    return number(next(line for line in lines if line.startswith(label)))


def write(path: Path, count: int) -> Path:
    """In the format of the extension."""
    text = "".join(json.dumps(row) + "\n" for row in rows(count))
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows(count)), path)
    else:
        path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


SOURCE = {"name": "web", "licence": "MIT"}


def test_a_list_that_is_read_as_a_whole(tmp_path: Path) -> None:
    write(tmp_path / "m.jsonl", 300)
    found = said(tmp_path, [SOURCE | {"manifest": "m.jsonl"}], shard_samples=100)
    assert found[:2] == ["web: 300 lines in 1 files", "  unusable   10.0% of the lines"]
    assert "big.org 33.3%, host1.org 0.4%" in next(line for line in found if "hosts" in line)
    assert value(found, "shards") == 3
    assert value(found, "hours") * 3600 == pytest.approx(270 * 0.85 * 0.192, rel=0.2)  # 192 kB by 1 MB/s
    assert value(found, "dollars") == pytest.approx(value(found, "hours") * 1.5, abs=0.02)


@pytest.mark.parametrize("name", ["m.jsonl", "m.jsonl.gz", "m.parquet"])
def test_a_sample_tells_about_the_whole(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, 60_000)
    found = said(tmp_path, [SOURCE | {"manifest": name}], sample=20_000)
    lines = float(found[0].split("read: ")[1].split(" lines")[0].replace(",", ""))
    assert found[0].startswith("web: about, from 20,000 read")
    assert lines == pytest.approx(60_000, rel=0.0 if name == "m.parquet" else 0.2)


def test_local_files_are_measured_and_need_no_network(pictures: Path) -> None:
    found = said(pictures, [SOURCE | {"manifest": "art/manifest.jsonl"}])
    size = len(png_bytes((0, 200, 30)))
    assert found[1] == f"  bytes      {amount(20 * size)}, {amount(size)} a file (mean of 20 local files)"
    assert value(found, "  network") == 0
    assert not any("seen" in line for line in found)


def test_a_layout_brings_what_is_known_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "cc3m.tsv").write_text("a caption\thttps://a.org/x.jpg\n" * 10)
    found = said(tmp_path, [SOURCE | {"layout": "cc3m", "manifest": "cc3m.tsv"}])
    assert "294 kB a file (bytes are the most that 850 images/s" in found[1]


def test_ready_tars_are_counted_by_the_tar(tmp_path: Path) -> None:
    for part in range(3):
        (tmp_path / f"{part}.tar").write_bytes(bytes(20_000_000))
    source = SOURCE | {"layout": "webdataset"}
    found = said(tmp_path, [source | {"manifest": "{0..2}.tar"}])
    assert found[0].endswith("30,000 lines in 3 files")
    assert (value(found, "shards"), value(found, "  network")) == (3, 0)
    found = said(tmp_path, [source | {"manifest": "s3://bucket/{0..99}.tar"}])
    assert (value(found, "shards"), "35 GB" in found[1]) == (100, True)
    assert value(found, "  network") == pytest.approx(35e9 / 1e6 / 3600, rel=0.01)


def test_only_the_manifest_is_fetched(site: Site, tmp_path: Path) -> None:
    site.answers["/m.csv"] = body(f"url,text\n{site.url('/a.png')},x\n".encode())
    fetch = {"allow_private": ["127.0.0.1/32"], "honour": {"robots_txt": False}}
    found = said(tmp_path, [SOURCE | {"manifest": site.url("/m.csv")}], fetch=fetch)
    assert "127.0.0.1 100.0%" in next(line for line in found if "hosts" in line)
    assert site.requests == ["/m.csv"]


def test_the_command_says_each_assumption(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "m.jsonl", 30)
    Path("params.yaml").write_text(
        "seed: 1\ningest:\n  c: {kind: image, root: ., sources: [{name: s, manifest: m.jsonl}]}\n"
    )
    result = CliRunner().invoke(
        app, ["plan", "c", "--machine", "4,50,0.1", "--item-bytes", "1000", "--alive", "0.5"]
    )
    assert result.exit_code == 0, result.output
    for part in (
        "4 cores, 50 Mbit/s, $0.1",
        "1 kB a file (as given)",
        "50% of links",
        "5.5 ms",
        "10 requests/s",
    ):
        assert part in result.output
    assert not Path("data").exists()
