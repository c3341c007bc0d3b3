"""An ingested corpus of small samples in several tars, and the filter's list of what is kept."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stages.core.records import Sample
from stages.core.tars import TarWriter


def samples(count: int = 30) -> list[Sample]:
    return [
        Sample(f"k{number:03d}", {"json": b"{}" * number, "png": bytes([number]) * (37 * number)})
        for number in range(count)
    ]


def ingest(folder: Path, made: list[Sample], tars: int = 3) -> Path:
    """Deal the samples to a number of tars."""
    for number in range(tars):
        with TarWriter(folder / f"{number:05d}.tar") as writer:
            for sample in made[number::tars]:
                writer.write(sample)
    return folder


def keep(path: Path, made: list[Sample]) -> Path:
    """Keep all samples but each fifth; each third of them is held out."""
    kept = [
        {
            "key": sample.key,
            "source": f"s{number % 2}",
            "split": "test" if number % 3 == 0 else "train",
            "translated_from": None,
        }
        for number, sample in enumerate(made)
        if number % 5
    ]
    pq.write_table(pa.Table.from_pylist(kept), path)
    return path
