"""Does each tar hold what the index says, and nothing else? DVC trusts a damaged cache file; we do not.

Contents are hashed. Everything between them (headers, padding, the end) follows from the index, so that a
flipped bit is found wherever it lies.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from stages.core.errors import BadDataError
from stages.core.reader import TARS_NAME, Shards
from stages.core.tars import BLOCK, ending, header, padding

_SHOWN = 20  # damages in an error message


@dataclass(frozen=True)
class Damage:
    """Something that is not as the index says.

    Attributes:
        shard: the name of the tar.
        what: the sample and its file, or what is wrong with the tar as a whole.
    """

    shard: str
    what: str

    def __str__(self) -> str:
        return f"{self.shard}: {self.what}"


def check(root: Path) -> pd.DataFrame:
    """Verify a corpus and return its index.

    Raises:
        BadDataError: names each damaged shard and sample, up to a number.
    """
    shards = Shards(root)
    damages = list(find_damage(shards))
    if damages:
        lines = "; ".join(str(damage) for damage in damages[:_SHOWN])
        more = f"; and {len(damages) - _SHOWN} more" if len(damages) > _SHOWN else ""
        raise BadDataError(
            f"{root}: {len(damages)} damages: {lines}{more}; remove {root} and run `dvc repro --force` on it"
        )
    return shards.table


def find_damage(shards: Shards) -> Iterator[Damage]:
    """All that is not as the index says: contents first, then what lies between them, then strangers.

    Args:
        shards: a whole corpus.
    """
    for shard, key, file in shards.damaged():
        yield Damage(shard, f"sample {key}, file {file}, is missing or not the indexed bytes")
    tars = shards.root / TARS_NAME
    for name, rows in shards.table.groupby("shard", sort=True):
        yield from (Damage(str(name), what) for what in _misfits(tars / str(name), rows))
    indexed = set(shards.table["shard"])
    for path in sorted(tars.iterdir() if tars.is_dir() else ()):
        if path.name not in indexed:
            yield Damage(path.name, "is not in the index")
    twice = shards.table.duplicated(["key", "file"])
    for row in shards.table[twice].itertuples():
        yield Damage(str(row.shard), f"sample {row.key} has its file {row.file} twice in the index")


def _misfits(path: Path, rows: pd.DataFrame) -> Iterator[str]:
    """What is wrong between the contents of one tar."""
    if not path.is_file():
        return  # its samples were named already
    position = 0
    with path.open("rb") as tar:
        columns = (rows[name] for name in ("key", "file", "offset", "length"))
        for key, file, offset, length in zip(*columns, strict=True):
            if offset != position + BLOCK:
                yield f"sample {key}, file {file}: a member before it that is not in the index"
                return
            tar.seek(position)
            if tar.read(BLOCK) != header(key, file, length):
                yield f"sample {key}, file {file}: header damaged"
            tar.seek(offset + length)
            if tar.read(padding(length)) != b"\0" * padding(length):
                yield f"sample {key}, file {file}: padding damaged"
            position = offset + length + padding(length)
        tar.seek(position)
        expected = ending(position)
        if tar.read(len(expected) + 1) != expected:
            yield "its end is damaged, or has members that are not in the index"
