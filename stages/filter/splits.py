"""Which samples are for training and which are held out.

A held-out concept or caption is held out in every source: the draw is a hash of the seed and the group, and
of nothing else.
"""

from typing import Self

import pandas as pd
from pydantic import Field, model_validator

from stages.core.params import Params
from stages.core.records import Name
from stages.core.seeds import fraction

TRAIN = "train"


class HeldOut(Params):
    """Groups that a draw holds out of training.

    Attributes:
        fraction: of the groups.
        sources: whose samples take part. A sample of a drawn group leaves the split that its manifest gave.
    """

    fraction: float = Field(gt=0, lt=1)
    sources: frozenset[Name]


class Splits(Params):
    """Section `splits` of a filter.

    Attributes:
        by_group: splits by name that hold out a fraction of the groups.
        sharing_groups: held-out splits that share groups with training on purpose, since they hold out
            something else: a drawing style, a speaker.
    """

    by_group: dict[Name, HeldOut] = Field(default_factory=dict)
    sharing_groups: frozenset[Name] = frozenset()

    @model_validator(mode="after")
    def _each_source_once(self) -> Self:
        sources = [source for held_out in self.by_group.values() for source in held_out.sources]
        twice = sorted({source for source in sources if sources.count(source) > 1})
        if twice:
            raise ValueError(f"by_group names {', '.join(twice)} in two splits")
        return self


def assign(rows: pd.DataFrame, params: Splits, seed: int) -> "pd.Series[str]":
    """The split of each row: the one its group is drawn for, else the manifest's, else `train`.

    Args:
        rows: columns source, group, split (null where the manifest says nothing).
        params: what is held out.
        seed: the root seed.
    """
    draws = {group: fraction(seed, "split", group) for group in rows["group"].unique()}
    draw = rows["group"].map(draws)
    splits = rows["split"].astype(object).where(rows["split"].notna(), TRAIN)
    for name, held_out in params.by_group.items():
        splits = splits.mask(rows["source"].isin(held_out.sources) & (draw < held_out.fraction), name)
    return splits
