"""The reader: every sample by position and key, in any process, and damage found."""

import gc
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.core.errors import BadDataError
from stages.core.index import INDEX_NAME, INDEX_SCHEMA, TARS_NAME, read_index
from stages.core.reader import Shards
from stages.core.records import Sample
from stages.core.tars import TarWriter

PARTS = {
    "test-00000.tar": [Sample("t1", {"json": b'{"n": 1}', "png": b"one"})],
    "train-00000.tar": [
        Sample("a", {"flac": b"sound", "json": b'{"n": 2}'}),
        Sample("b", {"json": b"{}", "png": b""}),
    ],
    "train-00001.tar": [Sample("c", {"json": b"{}", "png": b"three" * 300})],
}
SAMPLES = [sample for part in PARTS.values() for sample in part]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    rows = []
    for name, samples in PARTS.items():
        with TarWriter(tmp_path / TARS_NAME / name) as writer:
            for sample in samples:
                writer.write(sample)
        facts = {"shard": name, "split": name.split("-", maxsplit=1)[0]}
        rows += [{**facts, "source": "even" if m.key in "bt1" else "odd", **vars(m)} for m in writer.members]
    pq.write_table(pa.Table.from_pylist(rows, INDEX_SCHEMA), tmp_path / INDEX_NAME)
    return tmp_path


def test_samples_come_in_the_order_of_the_index(root: Path) -> None:
    shards = Shards(root)
    assert list(shards) == SAMPLES
    assert shards.keys == ["t1", "a", "b", "c"]
    assert len(shards) == 4
    assert (shards[1], shards[-1]) == (SAMPLES[1], SAMPLES[3])
    assert shards[1:3] == SAMPLES[1:3]
    assert shards.sample("b") == SAMPLES[2]


def test_what_is_not_there_is_an_error(root: Path) -> None:
    shards = Shards(root)
    for index in (4, -5):
        with pytest.raises(IndexError):
            shards[index]
    with pytest.raises(KeyError):
        shards.sample("z")


def test_select_narrows_by_split_and_source(root: Path) -> None:
    shards = Shards(root)
    assert shards.select(split="train").keys == ["a", "b", "c"]
    assert shards.select(split="train", source="even").keys == ["b"]
    assert shards.select(source=["even", "odd"]).select(split="test").keys == ["t1"]
    nothing = shards.select(split="none")
    assert (len(nothing), nothing.keys, list(nothing)) == (0, [], [])


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_the_same_samples(root: Path) -> None:
    """It leaves its files to the garbage collector, which is run here so that the warnings stay here."""
    import webdataset

    for name, samples in PARTS.items():
        read = webdataset.WebDataset(str(root / TARS_NAME / name), shardshuffle=False)
        files = [{k: v for k, v in sample.items() if not k.startswith("__")} for sample in read]
        assert files == [dict(sample.files) for sample in samples]
        del read
    gc.collect()


def test_it_can_be_sent_to_other_processes(root: Path) -> None:
    shards = Shards(root)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(shards.sample, ["c", "a", "t1"]) == [SAMPLES[3], SAMPLES[1], SAMPLES[0]]


def test_threads_read_at_once(root: Path) -> None:
    shards = Shards(root)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(shards.__getitem__, [0, 1, 2, 3] * 50)) == SAMPLES * 50


def test_a_missing_tar_is_named_and_spares_the_others(root: Path) -> None:
    (root / TARS_NAME / "train-00000.tar").unlink()
    shards = Shards(root)
    with pytest.raises(BadDataError, match=r"train-00000\.tar: missing"):
        shards.sample("a")
    assert shards.sample("c") == SAMPLES[3]


def test_a_short_tar_is_named(root: Path) -> None:
    path = root / TARS_NAME / "train-00001.tar"
    path.write_bytes(path.read_bytes()[:1600])
    with pytest.raises(BadDataError, match="shorter than its index says"):
        Shards(root).sample("c")


@pytest.mark.parametrize("content", [b"", b"no parquet"])
def test_an_index_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadDataError, match="not found"):
        read_index(tmp_path)
    (tmp_path / INDEX_NAME).write_bytes(content)
    with pytest.raises(BadDataError, match="no parquet file"):
        read_index(tmp_path)


def test_an_index_with_other_columns_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"key": ["a"]}), tmp_path / INDEX_NAME)
    with pytest.raises(BadDataError, match="columns"):
        Shards(tmp_path)
