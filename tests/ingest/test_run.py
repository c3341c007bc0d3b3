"""A whole corpus: the same bytes with any number of workers and after any kill; each bad item has its row."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from stages.core.errors import BadDataError, TryAgainError
from stages.core.records import Record
from stages.core.tars import read_samples
from stages.ingest.params import IngestParams
from stages.ingest.run import ingest
from tests.ingest.material import Site, body, flac_bytes, png_bytes, record_words, status, write_jsonl

SPEECH = [
    {
        "name": "digits",
        "manifest": "words/manifest.jsonl",
        "where": {"speaker": "ann"},
        "compose": {"utterances": 12, "reserved": 2, "words": [1, 3], "seconds": 2.0},
    },
    {"name": "words", "manifest": "words/manifest.jsonl", "split": "train"},
]
PICTURES = [{"name": "art", "manifest": "art/manifest.jsonl", "licence": "CC0-1.0"}]


def params(root: Path, kind: str, sources: list[dict[str, Any]], **more: Any) -> IngestParams:
    return IngestParams.model_validate(
        {"kind": kind, "root": str(root), "sources": sources, "shard_samples": 8, **more}
    )


def run(folder: Path, found: IngestParams, said: list[str] | None = None) -> dict[str, bytes]:
    """The files that ingest makes, by name."""
    lines: list[str] = []
    ingest("c", found, 3, lines.append, work=folder / "work", out=folder / "out")
    if said is not None:
        said += lines
    return contents(folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "out" / "c").iterdir())}


def records(folder: Path) -> list[Record]:
    tars = sorted((folder / "out" / "c").glob("*.tar"))
    return [sample.record for tar in tars for sample in read_samples(tar)]


def ledger(folder: Path) -> list[dict[str, Any]]:
    paths = sorted((folder / "out" / "c").glob("*.ledger.parquet"))
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


@pytest.fixture(autouse=True)
def one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENFOLD_WORKERS", "1")


def test_speech_is_composed_and_copied(words: Path, tmp_path: Path) -> None:
    said: list[str] = []
    files = run(tmp_path, params(words, "audio", SPEECH), said)
    assert list(files) == [f"{n:05d}{end}" for n in range(3) for end in (".ledger.parquet", ".tar")]
    found = records(tmp_path)
    assert [record.key for record in found] == sorted(record.key for record in found)
    composed = [record for record in found if record.source == "digits"]
    assert [record.split for record in composed].count("strings") == 2
    assert len(composed) == 14
    for record in composed:
        assert [segment.text for segment in record.segments] == record.text.split()
        assert record.duration is not None
        assert record.segments[-1].end < record.duration <= 2.0
    assert [record.text for record in found[14:]] == [f"{who}{n}" for who in ("en", "fr") for n in range(5)]
    assert {row["status"] for row in ledger(tmp_path)} == {"ok"}
    assert found[-1].origin == "words/bob/4.flac"
    assert not any(
        str(tmp_path).encode() in content for content in files.values()
    )  # no place of this machine
    assert said[-2:] == ["digits        14 ok", "words         10 ok"]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one undisturbed worker makes of the words; where they lie leaves no trace in it."""
    folder = tmp_path_factory.mktemp("unbroken")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TENFOLD_WORKERS", "1")
        return run(folder, params(record_words(folder / "root"), "audio", SPEECH))


def test_the_number_of_workers_changes_no_byte(
    words: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unbroken: dict[str, bytes]
) -> None:
    monkeypatch.setenv("TENFOLD_WORKERS", "2")
    assert run(tmp_path, params(words, "audio", SPEECH)) == unbroken


def test_each_bad_item_has_its_row_and_nothing_ends_the_run(pictures: Path, tmp_path: Path) -> None:
    art = pictures / "art"
    (art / "0.png").write_bytes(b"no image")
    (art / "1.png").write_bytes(png_bytes()[:-30])
    (art / "2.png").unlink()
    (tmp_path / "secret.png").write_bytes(png_bytes())
    (art / "3.png").write_bytes(b"")
    (art / "4.png").write_bytes(b"x" * 5001)
    rows = [json.loads(line) for line in (art / "manifest.jsonl").read_text().splitlines()]
    rows[5]["file"] = "../../secret.png"
    rows[6]["text"] = " "
    rows[7]["file"] = "http://127.0.0.1:8000/x.png"
    rows[8]["file"] = str(tmp_path / "secret.png")
    write_jsonl(art / "manifest.jsonl", rows)
    run(tmp_path, params(pictures, "image", PICTURES, bounds={"bytes": 5000}))
    found = ledger(tmp_path)
    assert [row["reason"] for row in found[:9]] == [
        "unknown_format", "bad_image", "not_found", "empty_file", "too_large", "outside_root", "empty_text",
        "private_address", "outside_root",
    ]  # fmt: skip
    assert [row["status"] for row in found] == ["failed"] * 5 + [
        "refused",
        "failed",
        "refused",
        "refused",
    ] + ["ok"] * 11
    assert [(row["error"], row["tries"]) for row in found[4:7]] == [
        ("permanent", 1),
        ("refused", 1),
        ("permanent", 0),
    ]
    assert len(records(tmp_path)) == 11
    assert len({row["key"] for row in found}) == 20


def test_an_unusable_recording_costs_its_word_only(words: Path, tmp_path: Path) -> None:
    (words / "words" / "ann" / "2.flac").write_bytes(flac_bytes()[:200])
    run(tmp_path, params(words, "audio", SPEECH))
    bad = [row for row in ledger(tmp_path) if row["status"] == "failed"]
    assert [(row["key"], row["reason"]) for row in bad] == [
        ("digits-00000002-word", "bad_audio"),
        ("words-00000002", "bad_audio"),
    ]
    assert not any("en2" in record.text for record in records(tmp_path))
    assert sum(record.source == "digits" for record in records(tmp_path)) == 14


def test_many_failures_are_announced_early(pictures: Path, tmp_path: Path) -> None:
    rows = [{"file": f"{number}.png", "text": "x"} for number in range(60)]
    write_jsonl(pictures / "art" / "manifest.jsonl", rows)
    said: list[str] = []
    run(tmp_path, params(pictures, "image", PICTURES), said)
    warnings = [line for line in said if line.startswith("warning")]
    assert len(warnings) == 1
    assert "lines of 'art' failed: not_found" in warnings[0]
    assert warnings[0].endswith("check `root` and the `file` column")
    assert said[-1] == "art        20 ok  not_found 40"


def test_no_sample_at_all_is_an_error_with_the_commonest_reason(pictures: Path, tmp_path: Path) -> None:
    write_jsonl(pictures / "art" / "manifest.jsonl", [{"file": "none.png", "text": "x"}] * 3)
    with pytest.raises(BadDataError, match="not_found \\(3 times\\)"):
        run(tmp_path, params(pictures, "image", PICTURES))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("manifest", ["none.jsonl", "../secret.jsonl"])
def test_a_missing_manifest_is_named(pictures: Path, tmp_path: Path, manifest: str) -> None:
    with pytest.raises(BadDataError, match=manifest.removeprefix("../")):
        run(tmp_path, params(pictures, "image", [PICTURES[0] | {"manifest": manifest}]))


def test_an_earlier_result_is_replaced_as_a_whole(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "c").mkdir(parents=True)
    (tmp_path / "out" / "c" / "stale.tar").write_bytes(b"x")
    assert "stale.tar" not in run(tmp_path, params(pictures, "image", PICTURES))
    left = [path.name for path in (tmp_path / "work").rglob("*") if path.is_file()]
    assert sorted(left) == [".lock", "00000.json", "00001.json", "00002.json"]


def test_manifest_and_files_of_the_web(site: Site, tmp_path: Path) -> None:
    rows = "".join(
        f"{url}\tNo {n}\n" for n, url in enumerate(["a.png", site.url("/b.png"), "/etc/passwd", "c.png"])
    )
    site.answers["/list/m.tsv"] = body(("url\ttext\n" + rows).encode())
    site.answers["/list/a.png"] = body(png_bytes((1, 2, 3)))
    site.answers["/b.png"] = body(png_bytes((4, 5, 6)))
    site.answers["/list/c.png"] = status(404)
    source = {"name": "web", "manifest": site.url("/list/m.tsv"), "licence": "MIT"}
    run(tmp_path, params(tmp_path, "image", [source], fetch={"allow_private": ["127.0.0.1/32"]}))
    assert [row["reason"] for row in ledger(tmp_path)] == ["", "", "http_404", "http_404"]
    assert [record.origin for record in records(tmp_path)] == [site.url("/list/a.png"), site.url("/b.png")]


@pytest.mark.parametrize(("code", "error"), [(404, BadDataError), (503, TryAgainError)])
def test_a_manifest_that_cannot_be_fetched_is_named(
    site: Site, tmp_path: Path, code: int, error: type[Exception]
) -> None:
    site.answers["/m.tsv"] = status(code)
    source = {"name": "web", "manifest": site.url("/m.tsv"), "licence": "MIT"}
    fetch = {"allow_private": ["127.0.0.1/32"], "longest_wait": 0.0}
    with pytest.raises(error, match=f"'web' cannot be fetched.*http_{code}"):
        run(tmp_path, params(tmp_path, "image", [source], fetch=fetch))
