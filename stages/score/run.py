"""Score a corpus: each ingested tar becomes a table of features, in a process of its own."""

import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stages.core.errors import BadDataError, TryAgainError
from stages.core.executor import map_shards
from stages.core.features import FEATURES
from stages.core.files import replacing, replacing_folder
from stages.core.process import stop_requested
from stages.core.tars import read_samples
from stages.score.sample import score_sample

INGESTED = Path("data/ingested")
SCORED = Path("data/scored")


def score_corpus(source: Path, target: Path) -> int:
    """Score every tar of a folder.

    Args:
        source: the folder with `NNNNN.tar`.
        target: the folder for `NNNNN.parquet`; it takes its final name when all is done.

    Returns:
        The number of samples.

    Raises:
        BadDataError: there are no tars, or one is damaged.
        TryAgainError: the disk is full, or a signal came; what was there stays.
    """
    tars = sorted(source.glob("*.tar"))
    if not tars:
        raise BadDataError(f"{source}: no tars; run `dvc repro ingest`")
    count = 0
    with replacing_folder(target) as folder:
        for scored in map_shards(score_shard, [(tar, folder / f"{tar.stem}.parquet") for tar in tars]):
            count += scored
            if stop_requested():
                raise TryAgainError(f"{target}: stopped by a signal, nothing was written; run again")
    return count


def score_shard(paths: tuple[Path, Path]) -> int:
    """Score one tar into one parquet file, rows sorted by key.

    Args:
        paths: of the tar and of the parquet file.

    Returns:
        The number of samples.

    Raises:
        BadDataError: the tar is damaged.
        TryAgainError: the disk is full.
    """
    source, target = paths
    try:
        rows = [score_sample(sample) for sample in read_samples(source)]
    except tarfile.TarError as error:
        raise BadDataError(f"{source}: damaged ({error}); run `dvc repro ingest`") from error
    table = pa.Table.from_pylist(sorted(rows, key=lambda row: row["key"]), FEATURES)
    with replacing(target) as part:
        pq.write_table(table, part, compression="zstd")
    return len(rows)
