"""Sharding a corpus: the same bytes each time, published whole or not at all."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.core.errors import BadDataError
from stages.core.index import INDEX_SCHEMA
from stages.core.reader import Shards
from stages.core.records import Record, Sample, Segment
from stages.shard.params import ShardParams
from stages.shard.run import shard_corpus
from tests.shard.material import ingest, samples

PARAMS = ShardParams(samples=5)
COLUMNS = ("key", "source", "split", "translated_from")


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_kept_can_be_read_by_split_and_source(
    ingested: Path, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENFOLD_WORKERS", "1")
    shard_corpus(ingested, kept, tmp_path / "out", PARAMS, seed=1)
    shards = Shards(tmp_path / "out")
    made = {sample.key: sample for sample in samples()}
    assert sorted(shards.keys) == [f"k{n:03d}" for n in range(30) if n % 5]
    assert all(sample == made[sample.key] for sample in shards)
    assert sorted(shards.select(split="test").keys) == [f"k{n:03d}" for n in range(0, 30, 3) if n % 5]
    assert {int(key[1:]) % 2 for key in shards.select(source="s1").keys} == {1}
    assert pq.read_schema(tmp_path / "out" / "index.parquet") == INDEX_SCHEMA
    names = pq.read_table(tmp_path / "out" / "index.parquet")["shard"].to_pylist()
    assert names == sorted(names)


@pytest.mark.usefixtures("in_this_process")
def test_the_bytes_do_not_depend_on_how_samples_were_dealt(kept: Path, tmp_path: Path) -> None:
    for tars in (1, 4):
        folder = ingest(tmp_path / f"in{tars}", samples(), tars)
        shard_corpus(folder, kept, tmp_path / f"out{tars}", PARAMS, seed=1)
    assert content(tmp_path / "out1") == content(tmp_path / "out4")


@pytest.mark.usefixtures("in_this_process")
def test_a_translation_is_no_transcript(tmp_path: Path) -> None:
    """The record changes and the sound does not; of what was said nothing is claimed."""
    segments = (Segment(start=0, end=1, text="Good evening."),)
    facts = {
        "source": "s",
        "licence": "CC0-1.0",
        "origin": "x",
        "sha256": "0",
        "text": "Good evening.",
        "group": "g",
    }
    made = [
        Record(key=key, language="en", segments=segments, duration=1.0, **facts)
        for key in ("spoken", "translated")
    ]
    ingested = ingest(
        tmp_path / "in",
        [Sample(one.key, {"json": one.model_dump_json().encode(), "flac": b"sound"}) for one in made],
    )
    kept = [(one.key, "s", "train", "fr" if one.key == "translated" else None) for one in made]
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in kept]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "kept.parquet")
    shard_corpus(ingested, tmp_path / "kept.parquet", tmp_path / "out", PARAMS, seed=1)
    found = {sample.key: sample for sample in Shards(tmp_path / "out")}
    assert found["spoken"].record == made[0]
    assert found["translated"].record == made[1].model_copy(
        update={"language": "fr", "text": "", "translation": "Good evening.", "segments": ()}
    )
    assert found["translated"].files["flac"] == b"sound"


@pytest.mark.usefixtures("in_this_process")
def test_a_rerun_with_other_sizes_leaves_nothing_of_the_first(
    ingested: Path, kept: Path, tmp_path: Path
) -> None:
    shard_corpus(ingested, kept, tmp_path / "out", PARAMS, seed=1)
    (tmp_path / "out" / ".gitignore").write_text("/tars")
    shard_corpus(ingested, kept, tmp_path / "out", ShardParams(samples=100), seed=1)
    names = {"index.parquet", "tars/test-00000.tar", "tars/train-00000.tar", ".gitignore"}
    assert set(content(tmp_path / "out")) == names


@pytest.mark.usefixtures("in_this_process")
def test_an_error_leaves_what_was_published(ingested: Path, kept: Path, tmp_path: Path) -> None:
    shard_corpus(ingested, kept, tmp_path / "out", PARAMS, seed=1)
    before = content(tmp_path / "out")
    (ingested / "00002.tar").unlink()
    with pytest.raises(BadDataError, match="kept samples are not there"):
        shard_corpus(ingested, kept, tmp_path / "out", PARAMS, seed=1)
    assert content(tmp_path / "out") == before


@pytest.mark.parametrize("rows", [None, []])
def test_a_list_that_is_missing_or_empty_is_named(
    ingested: Path, tmp_path: Path, rows: list[str] | None
) -> None:
    path = tmp_path / "none.parquet"
    if rows is not None:
        pq.write_table(pa.table({name: pa.array(rows, pa.string()) for name in COLUMNS}), path)
    with pytest.raises(BadDataError, match=r"none\.parquet: (missing|nothing was kept)"):
        shard_corpus(ingested, path, tmp_path / "out", PARAMS, seed=1)
    assert not (tmp_path / "out").exists()


@pytest.mark.fault
def test_a_full_disk_is_worth_another_try_and_leaves_no_torn_file(
    ingested: Path, kept: Path, tmp_path: Path
) -> None:
    script = f"""
        import resource, sys
        from pathlib import Path
        from stages.core.process import run_stage
        from stages.shard import locate, run
        from stages.shard.params import ShardParams

        locate.map_shards = run.map_shards = map  # this process has the limit

        def main():
            resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))
            folder = Path({str(tmp_path)!r})
            kept, out = folder / "kept.parquet", folder / "out"
            run.shard_corpus(folder / "ingested", kept, out, ShardParams(samples=9), 1)

        sys.exit(run_stage(main))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 75, done.stderr
    assert "no room left" in done.stderr
    assert content(tmp_path / "out") == {}
