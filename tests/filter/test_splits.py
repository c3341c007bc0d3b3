"""A group is trained or held out, never both, whatever sources it occurs in."""

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.errors import BadConfigError
from stages.core.params import validate
from stages.filter.splits import Splits, assign

PARAMS = Splits.model_validate(
    {
        "by_group": {
            "concepts": {"fraction": 0.3, "sources": ["noto", "twemoji"]},
            "test": {"fraction": 0.1, "sources": ["clipart"]},
        },
        "sharing_groups": ["style"],
    }
)
SOURCES = ("noto", "twemoji", "clipart", "plain")

rows = st.lists(
    st.tuples(
        st.sampled_from(SOURCES), st.integers(0, 12), st.sampled_from([None, "style", "strings", "train"])
    ),
    min_size=1,
    max_size=40,
)


def frame(facts: list[tuple[str, int, str | None]]) -> pd.DataFrame:
    made = [
        {
            "key": f"{key:02d}",
            "source": source,
            "group": f"g{group}",
            "split": split,
            "content": f"c{key % 17}",
        }
        for key, (source, group, split) in enumerate(facts)
    ]
    return pd.DataFrame(made).astype({"split": object})


@settings(max_examples=50, deadline=None)
@given(rows, st.integers(0, 5), st.randoms(use_true_random=False))
def test_a_split_depends_on_nothing_but_seed_and_group(
    facts: list[tuple[str, int, str | None]], seed: int, dice: Any
) -> None:
    table = frame(facts)
    whole = assign(table, PARAMS, seed)
    shuffled = table.sample(frac=1, random_state=dice.randrange(100))
    assert assign(shuffled, PARAMS, seed).sort_index().equals(whole)
    assert assign(table.iloc[:1], PARAMS, seed).iloc[0] == whole.iloc[0]


def test_a_drawn_concept_leaves_every_style() -> None:
    facts = [
        (source, group, "style" if source == "noto" else None) for group in range(300) for source in SOURCES
    ]
    table = frame(facts)
    table["split"] = assign(table, PARAMS, seed=1)
    by_source = {source: part.set_index("group")["split"] for source, part in table.groupby("source")}
    drawn = set(by_source["twemoji"][by_source["twemoji"] == "concepts"].index)
    assert 60 < len(drawn) < 120
    assert drawn == set(by_source["noto"][by_source["noto"] == "concepts"].index)
    assert set(by_source["noto"]) == {"concepts", "style"}
    assert set(by_source["plain"]) == {"train"}
    assert set(by_source["clipart"][by_source["clipart"] == "test"].index) < drawn


def test_the_seed_draws_others() -> None:
    table = frame([("clipart", group, None) for group in range(200)])
    assert not assign(table, PARAMS, seed=1).equals(assign(table, PARAMS, seed=2))


def test_a_source_in_two_splits_is_refused() -> None:
    content = {"by_group": {name: {"fraction": 0.1, "sources": ["noto"]} for name in ("one", "two")}}
    with pytest.raises(BadConfigError, match="noto in two splits"):
        validate(content, "filter.x.splits", Splits)
