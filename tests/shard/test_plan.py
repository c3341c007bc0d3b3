"""Which sample goes into which tar: each kept one once, mixed, within bounds, whatever the input's order."""

import random
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.errors import BadDataError
from stages.core.tars import Entry, TarWriter
from stages.shard.params import ShardParams
from stages.shard.plan import Placed, Plan, locate, plan
from tests.shard.material import ingest, samples


def placed(lengths: list[int]) -> list[Placed]:
    return [
        Placed(
            f"k{n}",
            "s",
            "test" if n % 4 == 0 else "train",
            Path("a.tar"),
            (Entry(f"k{n}", "png", 0, length),),
        )
        for n, length in enumerate(lengths)
    ]


@given(
    st.lists(st.integers(0, 3000), max_size=40),
    st.integers(1, 7),
    st.integers(1, 9000),
    st.randoms(use_true_random=False),
)
def test_each_sample_is_in_one_tar_within_bounds(
    lengths: list[int], count: int, size: int, dice: random.Random
) -> None:
    made = placed(lengths)
    params = ShardParams(samples=count, bytes=size)
    plans = list(plan(made, params, seed=1))
    assert sorted(one.key for each in plans for one in each.samples) == sorted(one.key for one in made)
    for each in plans:
        assert {f"{one.split}-" for one in each.samples} == {each.name[:-9]}
        assert len(each.samples) <= count
        assert len(each.samples) == 1 or sum(one.size for one in each.samples) <= size
    assert list(plan(dice.sample(made, len(made)), params, seed=1)) == plans


def order(plans: list[Plan]) -> list[str]:
    return [one.key for each in plans for one in each.samples]


def test_neighbours_are_mixed_by_the_seed() -> None:
    made, params = placed([10] * 40), ShardParams(samples=100)
    one, other = order(list(plan(made, params, 1))), order(list(plan(made, params, 2)))
    assert one != other
    assert one != sorted(one)
    assert sorted(one) == sorted(other)


def test_names_count_within_a_split() -> None:
    names = [each.name for each in plan(placed([10] * 9), ShardParams(samples=3), 1)]
    assert names == ["test-00000.tar", "train-00000.tar", "train-00001.tar"]


def test_kept_samples_are_found_with_all_their_files(ingested: Path, kept: Path) -> None:
    found = locate(ingested, pq.read_table(kept).to_pandas())
    assert [one.key for one in found] == [f"k{n:03d}" for n in range(30) if n % 5]
    assert {tuple(entry.file for entry in one.entries) for one in found} == {("json", "png")}
    assert (found[0].source, found[0].split, found[0].tar.name) == ("s1", "train", "00001.tar")


def test_a_kept_sample_that_is_nowhere_is_named(ingested: Path) -> None:
    kept = pd.DataFrame({"key": ["k001", "lost", "gone"], "source": ["s"] * 3, "split": ["train"] * 3})
    with pytest.raises(BadDataError, match="2 kept samples are not there, first 'gone'"):
        locate(ingested, kept)


def test_a_sample_in_two_tars_is_named(ingested: Path, kept: Path) -> None:
    with TarWriter(ingested / "00003.tar") as writer:
        writer.write(samples()[1])
    with pytest.raises(BadDataError, match=r"'k001' is in .*00001\.tar and in .*00003\.tar"):
        locate(ingested, pq.read_table(kept).to_pandas())


def test_a_truncated_tar_is_named(tmp_path: Path, kept: Path) -> None:
    folder = ingest(tmp_path / "in", samples(), tars=2)
    content = (folder / "00001.tar").read_bytes()
    (folder / "00001.tar").write_bytes(content[: len(content) // 2])
    with pytest.raises(BadDataError, match=r"00001\.tar: damaged"):
        locate(folder, pq.read_table(kept).to_pandas())
