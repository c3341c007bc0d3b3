"""Which sample goes into which tar: each once, in the given order, within bounds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.tars import Entry, footprint
from stages.shard.locate import Placed
from stages.shard.params import ShardParams
from stages.shard.plan import plan


def placed(lengths: list[int]) -> list[Placed]:
    """Samples in the order of writing, the first quarter of them held out."""
    count = len(lengths)
    return [
        Placed(
            key=f"k{n}",
            source="s",
            split="test" if n < count // 4 else "train",
            tar="a.tar",
            size=footprint(length),
            translated_from=None,
            entries=(Entry(f"k{n}", "png", 0, length),),
        )
        for n, length in enumerate(lengths)
    ]


@settings(deadline=None)
@given(st.lists(st.integers(0, 3000), max_size=40), st.integers(1, 7), st.integers(1, 9000))
def test_each_sample_is_in_one_tar_within_bounds(lengths: list[int], count: int, size: int) -> None:
    made = placed(lengths)
    plans = list(plan(made, ShardParams(samples=count, bytes=size)))
    assert [one for each in plans for one in each.samples] == made
    for each in plans:
        assert {f"{one.split}-" for one in each.samples} == {each.name[:-9]}
        assert len(each.samples) <= count
        assert len(each.samples) == 1 or sum(one.size for one in each.samples) <= size


def test_names_count_within_a_split() -> None:
    names = [each.name for each in plan(placed([10] * 9), ShardParams(samples=3))]
    assert names == ["test-00000.tar", "train-00000.tar", "train-00001.tar", "train-00002.tar"]
