"""Every kept sample is found once, split by split, mixed by the seed, whatever the ingested tars."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.core.errors import BadDataError
from stages.core.tars import TarWriter, footprint
from stages.shard.locate import Placed, locate
from tests.shard.material import ingest, keep, samples

pytestmark = pytest.mark.usefixtures("in_this_process")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


def placed(ingested: Path, kept: Path, work: Path, seed: int = 1) -> list[Placed]:
    return list(locate(ingested, kept, work, seed))


def test_kept_samples_are_found_with_all_their_files(ingested: Path, kept: Path, work: Path) -> None:
    found = placed(ingested, kept, work)
    assert sorted(one.key for one in found) == [f"k{n:03d}" for n in range(30) if n % 5]
    assert {tuple(entry.file for entry in one.entries) for one in found} == {("json", "png")}
    one = next(one for one in found if one.key == "k001")
    assert (one.source, one.split, one.tar, one.size) == ("s1", "train", "00001.tar", 2 * footprint(2))


def test_splits_come_one_after_the_other_and_neighbours_are_mixed_by_the_seed(
    ingested: Path, kept: Path, work: Path
) -> None:
    one, other = (placed(ingested, kept, work, seed) for seed in (1, 2))
    for found in (one, other):
        assert [each.split for each in found] == sorted(each.split for each in found)
    orders = [[each.key for each in found if each.split == "train"] for found in (one, other)]
    assert orders[0] != orders[1]
    assert orders[0] != sorted(orders[0])
    assert sorted(orders[0]) == sorted(orders[1])


def test_the_order_depends_neither_on_the_tars_nor_on_the_list(tmp_path: Path, work: Path) -> None:
    orders = []
    for tars, made in ((1, samples()), (4, samples()[::-1])):
        kept = keep(tmp_path / "kept.parquet", samples())
        if tars == 4:
            table = pq.read_table(kept)
            pq.write_table(table.take(list(reversed(range(len(table))))), kept)
        orders.append([one.key for one in placed(ingest(tmp_path / f"in{tars}", made, tars), kept, work)])
    assert orders[0] == orders[1]


def test_kept_samples_that_are_nowhere_are_named(ingested: Path, work: Path, tmp_path: Path) -> None:
    lost = {"key": ["k001", "lost", "gone"], "source": ["s"] * 3, "split": ["train"] * 3}
    lost["translated_from"] = pa.nulls(3, pa.string())
    pq.write_table(pa.table(lost), tmp_path / "lost.parquet")
    with pytest.raises(BadDataError, match="2 kept samples are not there, first 'gone'"):
        placed(ingested, tmp_path / "lost.parquet", work)


def test_a_sample_in_two_tars_is_named(ingested: Path, kept: Path, work: Path) -> None:
    with TarWriter(ingested / "00003.tar") as writer:
        writer.write(samples()[1])
    with pytest.raises(BadDataError, match=r"'k001' is in .*00001\.tar and in .*00003\.tar"):
        placed(ingested, kept, work)


def test_a_truncated_tar_is_named(tmp_path: Path, kept: Path, work: Path) -> None:
    folder = ingest(tmp_path / "in", samples(), tars=2)
    content = (folder / "00001.tar").read_bytes()
    (folder / "00001.tar").write_bytes(content[: len(content) // 2])
    with pytest.raises(BadDataError, match=r"00001\.tar: damaged"):
        placed(folder, kept, work)


def test_no_tars_at_all_are_named(tmp_path: Path, kept: Path, work: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadDataError, match="no ingested tars"):
        placed(tmp_path / "empty", kept, work)
