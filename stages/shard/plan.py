"""Which sample goes into which tar, decided before a byte is copied.

The order within a split is by a hash of seed and key, so that neighbours in a tar are strangers, and so that
neither the order nor the number of the ingested tars changes a byte.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from stages.core.errors import BadDataError
from stages.core.seeds import fold
from stages.core.tars import Entry, footprint, scan
from stages.shard.params import ShardParams


@dataclass(frozen=True)
class Placed:
    """A kept sample and where its files lie now."""

    key: str
    source: str
    split: str
    tar: Path
    entries: tuple[Entry, ...]

    @property
    def size(self) -> int:
        """Bytes that it takes in a tar."""
        return sum(footprint(entry.length) for entry in self.entries)


@dataclass(frozen=True)
class Plan:
    """One tar to write.

    Attributes:
        name: `<split>-NNNNN.tar`.
        samples: in the order in which they are written.
    """

    name: str
    samples: tuple[Placed, ...]


def locate(ingested: Path, kept: pd.DataFrame) -> list[Placed]:
    """Find every kept sample in the ingested tars.

    Args:
        ingested: the folder with `NNNNN.tar`.
        kept: columns key, source, split.

    Raises:
        BadDataError: a tar is damaged, or a kept sample is in none of them or in two.
    """
    columns = (kept[name].tolist() for name in ("key", "source", "split"))
    wanted: dict[str, tuple[str, str]] = {
        key: (source, split) for key, source, split in zip(*columns, strict=True)
    }
    found: dict[str, tuple[Path, list[Entry]]] = {}
    for tar in sorted(ingested.glob("*.tar")):
        for entry in scan(tar):
            if entry.key not in wanted:
                continue
            home, entries = found.setdefault(entry.key, (tar, []))
            if home != tar:
                raise BadDataError(f"sample {entry.key!r} is in {home} and in {tar}; run ingest again")
            entries.append(entry)
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        raise BadDataError(
            f"{ingested}: {len(missing)} kept samples are not there, first {missing[0]!r}; run `dvc repro`"
        )
    return [
        Placed(key, source, split, found[key][0], tuple(found[key][1]))
        for key, (source, split) in wanted.items()
    ]


def plan(samples: list[Placed], params: ShardParams, seed: int) -> Iterator[Plan]:
    """Cut each split into tars.

    Args:
        samples: in any order.
        params: how large a tar may become.
        seed: the root seed, for the order.
    """
    by_split: dict[str, list[Placed]] = {}
    for sample in sorted(samples, key=lambda sample: (fold(seed, "shard", sample.key), sample.key)):
        by_split.setdefault(sample.split, []).append(sample)
    for split in sorted(by_split):
        for number, part in enumerate(_cut(by_split[split], params)):
            yield Plan(f"{split}-{number:05d}.tar", tuple(part))


def _cut(samples: list[Placed], params: ShardParams) -> Iterator[list[Placed]]:
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
