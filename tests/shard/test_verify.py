"""Verification names what is damaged, wherever the flipped bit lies."""

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.core.errors import BadDataError
from stages.core.index import INDEX_NAME
from stages.shard.params import ShardParams
from stages.shard.run import shard_corpus
from stages.shard.verify import check, find_damage


@pytest.fixture
def root(ingested: Path, kept: Path, tmp_path: Path, in_this_process: None) -> Path:
    folder = tmp_path / "data" / "shards" / "toy"
    shard_corpus(ingested, kept, folder, ShardParams(samples=5), seed=1)
    return folder


def damages(root: Path) -> list[str]:
    return [str(damage) for damage in find_damage(root)]


def rows(root: Path) -> pd.DataFrame:
    return pq.read_table(root / INDEX_NAME).to_pandas()


def flip(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 0x10
    path.write_bytes(content)


def test_an_undamaged_corpus_is_well(root: Path) -> None:
    assert damages(root) == []
    check(root)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_flipped_bit_anywhere_is_found_in_its_shard(root: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted((root / "tars").iterdir())))
    position = data.draw(st.integers(0, path.stat().st_size - 1))
    flip(path, position)
    found = damages(root)
    flip(path, position)
    assert len(found) == 1
    assert found[0].startswith(f"{path.name}: ")


def test_a_flipped_byte_names_its_sample_and_file(root: Path) -> None:
    row = rows(root).query("file == 'png'").iloc[3]
    flip(root / "tars" / row["shard"], row["offset"])
    message = f"{row['shard']}: sample {row['key']}, file png, is missing or not the indexed bytes"
    assert damages(root) == [message]
    with pytest.raises(BadDataError, match=message):
        check(root)


def test_a_truncated_tar_names_each_sample_that_is_lost(root: Path) -> None:
    path = root / "tars" / "train-00000.tar"
    lost = rows(root).query("shard == 'train-00000.tar'")
    path.write_bytes(path.read_bytes()[: lost["offset"].iloc[5]])
    found = damages(root)
    for key in lost["key"].iloc[5:]:
        assert any(f"sample {key}, file" in damage for damage in found)
    assert all(damage.startswith("train-00000.tar: ") for damage in found)


def test_a_missing_tar_names_all_its_samples(root: Path) -> None:
    (root / "tars" / "test-00000.tar").unlink()
    assert len(damages(root)) == 10


def test_members_that_are_not_in_the_index_are_found(root: Path) -> None:
    with tarfile.open(root / "tars" / "test-00000.tar", "a") as tar:
        tar.addfile(tarfile.TarInfo("extra.json"), io.BytesIO())
    with tarfile.open(root / "tars" / "smuggled.tar", "w"):
        pass
    assert damages(root) == [
        "test-00000.tar: its end is damaged, or has members that are not in the index",
        "smuggled.tar: is not in the index",
    ]


def test_rows_that_the_index_has_lost_or_twice_are_found(root: Path) -> None:
    table = pq.read_table(root / INDEX_NAME)
    pq.write_table(
        pa.concat_tables([table.slice(0, 2), table.slice(3), table.slice(40, 1)]), root / INDEX_NAME
    )
    found = damages(root)
    assert any("a member before it that is not in the index" in damage for damage in found)
    assert any("twice in the index" in damage for damage in found)


def verify(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stages.shard", "verify", *arguments]
    environment = os.environ | {"TENFOLD_WORKERS": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_command_says_in_a_line_that_all_is_well(root: Path, tmp_path: Path) -> None:
    done = verify(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "toy: 6 tars, 24 samples, 0.0 MB, all as indexed\n"


def test_the_command_ends_with_65_and_names_the_damage(root: Path, tmp_path: Path) -> None:
    (root / "tars" / "test-00001.tar").unlink()
    done = verify(tmp_path, "toy")
    assert done.returncode == 65
    assert "test-00001.tar: sample k" in done.stderr
    assert verify(tmp_path, "other").returncode == 65
