"""Shards in S3: the same samples as on the disk, resumed without sending twice, verified bit by bit."""

from pathlib import Path

import boto3
import pytest

from stages.core.errors import BadConfigError, BadDataError, TryAgainError
from stages.core.reader import Shards
from stages.shard.params import ShardParams
from stages.shard.run import shard_corpus
from stages.shard.verify import check
from tests.core.store.conftest import _server, keyless, s3  # noqa: F401 - fixtures
from tests.core.store.server import FaultyS3

PARAMS = ShardParams(samples=5, store="s3://shards/toy")
pytestmark = pytest.mark.usefixtures("in_this_process")


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def root(ingested: Path, kept: Path, tmp_path: Path, s3: FaultyS3) -> Path:  # noqa: F811
    shard_corpus(ingested, kept, tmp_path / "far", PARAMS, seed=1)
    return tmp_path / "far"


def names(s3: FaultyS3, method: str) -> list[str]:  # noqa: F811
    return [path.removeprefix("/shards/toy/") for what, path, _ in s3.requests if what == method]


def test_samples_are_those_of_the_disk(root: Path, ingested: Path, kept: Path, tmp_path: Path) -> None:
    shard_corpus(ingested, kept, tmp_path / "near", ShardParams(samples=5), seed=1)
    assert list(Shards(root)) == list(Shards(tmp_path / "near"))
    assert set(content(root)) == {"index.parquet", "tars/store.json"}
    assert content(root)["index.parquet"] == content(tmp_path / "near")["index.parquet"]
    check(root)


def test_objects_are_the_tars_of_the_disk(root: Path, ingested: Path, kept: Path, tmp_path: Path) -> None:
    shard_corpus(ingested, kept, tmp_path / "near", ShardParams(samples=5), seed=1)
    objects = sorted(boto3.resource("s3").Bucket("shards").objects.all(), key=lambda item: item.key)
    tars = sorted((tmp_path / "near" / "tars").iterdir())
    for item, tar in zip(objects, tars, strict=True):
        assert item.get()["Body"].read() == tar.read_bytes()
        assert item.key.startswith(f"toy/{tar.stem}.")


def test_a_rerun_sends_nothing_and_writes_the_same(
    root: Path,
    ingested: Path,
    kept: Path,
    s3: FaultyS3,  # noqa: F811
) -> None:
    before = content(root)
    s3.requests.clear()
    shard_corpus(ingested, kept, root, PARAMS, seed=1)
    assert content(root) == before
    assert names(s3, "PUT") == []


@pytest.mark.fault
def test_a_run_that_was_refused_half_way_goes_on_from_there(
    ingested: Path,
    kept: Path,
    tmp_path: Path,
    s3: FaultyS3,  # noqa: F811
) -> None:
    s3.faults = {"PUT": ["none", "none", *["broken"] * 9]}
    with pytest.raises(TryAgainError, match=r"s3://shards/toy/test-00002\.\w+\.tar|train-00000"):
        shard_corpus(ingested, kept, tmp_path / "far", PARAMS, seed=1)
    assert content(tmp_path / "far") == {}
    first = names(s3, "PUT")[:2]
    s3.faults = {}
    s3.requests.clear()
    shard_corpus(ingested, kept, tmp_path / "far", PARAMS, seed=1)
    assert len(names(s3, "PUT")) == 4
    assert not set(first) & set(names(s3, "PUT"))
    check(tmp_path / "far")


@pytest.mark.fault
def test_a_flipped_bit_is_named(root: Path) -> None:
    bucket = boto3.resource("s3").Bucket("shards")
    item = next(item for item in bucket.objects.all() if "/train-00001." in item.key)
    damaged = bytearray(item.get()["Body"].read())
    damaged[512] ^= 1  # the first byte of the first file
    item.put(Body=bytes(damaged))
    with pytest.raises(
        BadDataError, match=r"1 damages: train-00001\.tar: sample k\d+, file json, is missing"
    ):
        check(root)


@pytest.mark.fault
def test_a_tar_that_is_gone_is_named(root: Path) -> None:
    bucket = boto3.resource("s3").Bucket("shards")
    next(item for item in bucket.objects.all() if "/test-00000." in item.key).delete()
    with pytest.raises(BadDataError, match=r"10 damages: test-00000\.tar"):
        check(root)
    with pytest.raises(BadDataError, match=r"test-00000\.\w+\.tar: not there"):
        Shards(root)[0]


@pytest.mark.fault
def test_a_bit_that_flips_on_the_way_is_asked_for_again(root: Path, s3: FaultyS3) -> None:  # noqa: F811
    s3.faults = {"GET": ["flip"]}
    check(root)
    assert len(names(s3, "GET")) == 7  # of six tars


@pytest.mark.fault
def test_samples_come_through_a_server_that_is_busy(root: Path, s3: FaultyS3) -> None:  # noqa: F811
    expected = list(Shards(root))
    s3.faults = {"GET": ["busy", "cut", "broken", "none", "busy", "busy"]}
    assert list(Shards(root)) == expected


@pytest.mark.usefixtures("keyless")
def test_missing_keys_end_the_run_in_one_sentence(ingested: Path, kept: Path, tmp_path: Path) -> None:
    with pytest.raises(BadConfigError, match="Unable to locate credentials"):
        shard_corpus(ingested, kept, tmp_path / "far", PARAMS, seed=1)


@pytest.mark.parametrize("store", ["shards/toy", "s3://", "http://a/b", "s3://a b", "s3://A"])
def test_a_store_that_is_none_is_refused(store: str) -> None:
    with pytest.raises(ValueError, match="store"):
        ShardParams(samples=1, store=store)
