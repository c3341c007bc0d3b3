"""From tars to tables: a row for each sample, whatever is in it, and the same bytes each time."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stages.core.errors import BadDataError
from stages.core.features import FEATURES
from stages.core.records import Sample
from stages.core.tars import TarWriter
from stages.score.run import score_corpus
from stages.score.sample import score_sample
from tests.score.material import drawing, png, tone

Make = Callable[..., Sample]


def test_a_picture_has_features_of_text_and_image(sample: Make) -> None:
    row = score_sample(sample("a", "png", png(drawing()), split="style", speaker=None))
    assert list(row) == FEATURES.names
    assert (row["key"], row["source"], row["split"], row["licence"]) == ("a", "made", "style", "CC0-1.0")
    assert (row["words"], row["width"], row["seconds"], row["error"]) == (3, 32, None, None)


def test_a_recording_has_features_of_text_and_audio(sample: Make) -> None:
    row = score_sample(sample("a", "flac", tone(), text="la", language="fr", speaker="anna"))
    assert (row["speaker"], row["seconds"], row["speed"], row["width"]) == ("anna", 1.0, 2.0, None)


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({"png": b""}, "no_record"),
        ({"json": b"{}"}, "no_record"),
        ({"json": b'{"key": '}, "no_record"),
    ],
)
def test_a_sample_without_a_record_is_a_row_with_an_error(files: dict[str, bytes], error: str) -> None:
    row = score_sample(Sample("k", files))
    assert (row["key"], row["source"], row["error"]) == ("k", "unknown", error)


def test_each_thing_that_cannot_be_read_is_a_row_with_an_error(sample: Make) -> None:
    whole = sample("a", "png", png(drawing()))
    errors = {
        "record_of_another_key": Sample("b", whole.files),
        "not_one_content": Sample("a", {"json": whole.files["json"]}),
        "unknown_format": sample("a", "gif", b"GIF89a"),
        "bad_image": sample("a", "png", png(drawing())[:60]),
    }
    assert {score_sample(one)["error"] for one in errors.values()} == set(errors)
    assert score_sample(Sample("a", {**whole.files, "jpg": b"x"}))["error"] == "not_one_content"
    row = score_sample(errors["bad_image"])
    assert (row["words"], row["width"], row["content"]) == (3, None, None)


def write(path: Path, samples: list[Sample]) -> None:
    with TarWriter(path) as tar:
        for one in samples:
            tar.write(one)


def test_a_corpus_is_scored_shard_by_shard(
    tmp_path: Path, sample: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "in" / "00000.tar", [sample("b", "png", png(drawing())), sample("a", "flac", tone())])
    write(tmp_path / "in" / "00001.tar", [sample("c", "png", b"broken")])
    write(tmp_path / "in" / "00002.tar", [])
    (tmp_path / "in" / "00000.ledger.parquet").write_bytes(b"not ours")
    assert score_corpus(tmp_path / "in", tmp_path / "out") == 3
    tables = {path.name: pq.read_table(path) for path in sorted((tmp_path / "out").iterdir())}
    assert [table.schema for table in tables.values()] == [FEATURES] * 3
    keys = {name: table["key"].to_pylist() for name, table in tables.items()}
    assert keys == {"00000.parquet": ["a", "b"], "00001.parquet": ["c"], "00002.parquet": []}
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    shutil.rmtree(tmp_path / "out")
    monkeypatch.setattr("stages.score.run.map_shards", map)  # one process instead of several
    score_corpus(tmp_path / "in", tmp_path / "out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


@pytest.mark.usefixtures("in_this_process")
def test_a_damaged_tar_stops_and_what_was_there_stays(tmp_path: Path, sample: Make) -> None:
    write(tmp_path / "in" / "00000.tar", [sample("a", "png", png(drawing()))])
    score_corpus(tmp_path / "in", tmp_path / "out")
    content = (tmp_path / "in" / "00000.tar").read_bytes()
    (tmp_path / "in" / "00000.tar").write_bytes(content[:700])
    with pytest.raises(BadDataError, match=r"00000\.tar: damaged"):
        score_corpus(tmp_path / "in", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["00000.parquet"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


def test_nothing_to_score_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadDataError, match="dvc repro ingest"):
        score_corpus(tmp_path, tmp_path / "out")
