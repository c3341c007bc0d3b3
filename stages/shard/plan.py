"""Which sample goes into which tar, decided before a byte is copied."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from stages.shard.locate import Placed
from stages.shard.params import ShardParams


@dataclass(frozen=True)
class Plan:
    """One tar to write.

    Attributes:
        name: `<split>-NNNNN.tar`.
        samples: in the order in which they are written.
    """

    name: str
    samples: tuple[Placed, ...]


def plan(samples: Iterable[Placed], params: ShardParams) -> Iterator[Plan]:
    """Cut each split into tars, one plan at a time in memory.

    Args:
        samples: split by split, in the order of writing.
        params: how large a tar may become.
    """
    for split, group in groupby(samples, key=lambda sample: sample.split):
        for number, part in enumerate(_cut(group, params)):
            yield Plan(f"{split}-{number:05d}.tar", tuple(part))


def _cut(samples: Iterable[Placed], params: ShardParams) -> Iterator[list[Placed]]:
    part: list[Placed] = []
    size = 0
    for sample in samples:
        if part and (len(part) == params.samples or size + sample.size > params.bytes):
            yield part
            part, size = [], 0
        part.append(sample)
        size += sample.size
    if part:
        yield part
