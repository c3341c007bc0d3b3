"""Objects go up whole with their hash and come down in ranges, whatever the server does in between."""

import copy
import hashlib
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from stages.core.errors import BadConfigError, BadDataError, TryAgainError
from stages.core.store import s3 as module
from stages.core.store.catalogue import Stored
from stages.core.store.s3 import S3
from tests.core.store.server import FaultyS3

CONTENT = bytes(range(256)) * 400
STORED = Stored(sha256=hashlib.sha256(CONTENT).hexdigest(), bytes=len(CONTENT))


@pytest.fixture
def store(s3: FaultyS3) -> S3:
    return S3("s3://shards/deep/prefix")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.tar"
    path.write_bytes(CONTENT)
    return path


def methods(s3: FaultyS3) -> list[str]:
    return [method for method, _, _ in s3.requests]


def test_what_goes_up_comes_down(s3: FaultyS3, store: S3, file: Path, tmp_path: Path) -> None:
    assert store.put(file, "a", STORED)
    assert {path for _, path, _ in s3.requests} == {"/shards/deep/prefix/a"}
    assert store.read("a", 1000, 70_000) == CONTENT[1000:71_000]
    assert store.read("a", 5, 0) == b""
    store.fetch("a", len(CONTENT), tmp_path / "b.tar")
    assert (tmp_path / "b.tar").read_bytes() == CONTENT


def test_what_is_there_is_not_sent_again(s3: FaultyS3, store: S3, file: Path) -> None:
    store.put(file, "a", STORED)
    s3.requests.clear()
    assert not store.put(file, "a", STORED)
    assert methods(s3) == ["HEAD"]


def test_another_object_of_that_name_is_replaced(s3: FaultyS3, store: S3, file: Path) -> None:
    boto3.client("s3").put_object(Bucket="shards", Key="deep/prefix/a", Body=b"x" * len(CONTENT))
    assert store.put(file, "a", STORED)
    assert store.read("a", 0, len(CONTENT)) == CONTENT


def test_large_files_go_in_parts(
    s3: FaultyS3, store: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PART", 5 << 20)
    content = b"0123456789abcdef" * (11 << 16)
    (tmp_path / "large").write_bytes(content)
    stored = Stored(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
    assert store.put(tmp_path / "large", "large", stored)
    assert methods(s3).count("PUT") == 3
    assert store.read("large", (5 << 20) - 8, 16) == content[8:24]
    assert not store.put(tmp_path / "large", "large", stored)


@pytest.mark.fault
@pytest.mark.parametrize("fault", ["busy", "broken"])
def test_a_server_that_is_busy_is_asked_again(
    s3: FaultyS3, store: S3, file: Path, tmp_path: Path, fault: str
) -> None:
    s3.faults = {"HEAD": [fault], "PUT": [fault] * 2, "GET": [fault] * 3}
    assert store.put(file, "a", STORED)
    assert store.read("a", 0, 100) == CONTENT[:100]
    assert methods(s3) == ["HEAD"] * 2 + ["PUT"] * 3 + ["HEAD"] + ["GET"] * 4


@pytest.mark.fault
def test_a_body_that_ends_early_is_asked_for_again(
    s3: FaultyS3, store: S3, file: Path, tmp_path: Path
) -> None:
    store.put(file, "a", STORED)
    s3.faults = {"GET": ["cut", "cut"]}
    assert store.read("a", 0, len(CONTENT)) == CONTENT
    s3.faults = {"GET": ["cut", "busy"]}
    store.fetch("a", len(CONTENT), tmp_path / "b.tar")
    assert (tmp_path / "b.tar").read_bytes() == CONTENT


@pytest.mark.fault
def test_a_server_that_stays_busy_is_worth_another_try_later(s3: FaultyS3, store: S3, file: Path) -> None:
    store.put(file, "a", STORED)
    s3.faults = {"GET": ["busy"] * 9}
    with pytest.raises(TryAgainError, match="s3://shards/deep/prefix/a: SlowDown"):
        store.read("a", 0, 10)


@pytest.mark.fault
def test_a_server_that_is_not_there_is_worth_another_try_later(
    s3: FaultyS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    module.client.cache_clear()
    with pytest.raises(TryAgainError, match="Could not connect"):
        S3("s3://shards").read("a", 0, 10)


def test_what_is_not_there_or_shorter_is_bad_data(s3: FaultyS3, store: S3, file: Path) -> None:
    store.put(file, "a", STORED)
    s3.requests.clear()
    for name, offset in (("b", 0), ("a", len(CONTENT) - 5), ("a", 10**6)):
        with pytest.raises(BadDataError, match="shorter than its index says"):
            store.read(name, offset, 10)
    assert methods(s3) == ["GET"] * 3  # asking again would not help


def test_a_bucket_that_is_not_there_is_bad_configuration(s3: FaultyS3, file: Path) -> None:
    with pytest.raises(BadConfigError, match=r"s3://nowhere/a: refused \(NoSuchBucket\)"):
        S3("s3://nowhere").put(file, "a", STORED)


@pytest.mark.usefixtures("keyless")
def test_missing_keys_are_one_clear_error() -> None:
    with pytest.raises(BadConfigError, match="Unable to locate credentials; set AWS_ACCESS_KEY_ID"):
        S3("s3://shards").read("a", 0, 10)


def test_it_can_be_sent_to_other_processes(store: S3, file: Path) -> None:
    store.put(file, "a", STORED)
    assert copy.deepcopy(store).read("a", 3, 4) == CONTENT[3:7]


def test_boto3_is_loaded_only_for_those_who_use_it() -> None:
    code = "import sys; from stages.core.store import open_tars; sys.exit('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
