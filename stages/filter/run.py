"""Filter a corpus: rules sample by sample, then duplicates and splits across all shards.

Each sample is kept, or dropped for exactly one reason. Only a few columns of the samples that pass the rules
are held at once.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from stages.core.errors import BadDataError
from stages.core.features import FEATURES
from stages.core.files import replacing, replacing_folder, write_json
from stages.filter.duplicates import find_duplicates
from stages.filter.funnel import funnel
from stages.filter.params import IN_HELD_OUT, FilterParams
from stages.filter.rules import judge
from stages.filter.splits import assign, contaminated

SCORED = Path("data/scored")
FILTERED = Path("data/filtered")

KEPT = pa.schema([(name, pa.string()) for name in ("key", "source", "split")])
DROPPED = pa.schema([(name, pa.string()) for name in ("key", "source", "reason", "value")])

_COLUMNS = (
    "key", "source", "group", "split", "text", "words", "text_hash", "content", "dhash", "palette",
)  # fmt: skip # what duplicates and splits look at


@dataclass(frozen=True)
class Decisions:
    """What became of each sample.

    Attributes:
        kept: columns of KEPT, sorted by key.
        dropped: columns of DROPPED, sorted by key.
    """

    kept: pd.DataFrame
    dropped: pd.DataFrame


def filter_corpus(source: Path, target: Path, params: FilterParams, seed: int) -> dict[str, int]:
    """Decide on every sample and write `decisions/` and `funnel.json`.

    Args:
        source: the folder with the scored `NNNNN.parquet`.
        target: the folder of this corpus below data/filtered.
        params: the thresholds.
        seed: the root seed, for the splits.

    Returns:
        The funnel.

    Raises:
        BadDataError: there is nothing to filter, a file has other columns, or a key occurs twice.
        TryAgainError: the disk is full.
    """
    decisions = decide(read_scored(source), params, seed)
    with replacing_folder(target / "decisions") as folder:
        _write(decisions.kept, KEPT, folder / "kept.parquet")
        _write(decisions.dropped, DROPPED, folder / "dropped.parquet")
    counts = funnel(decisions.kept, decisions.dropped, params.reasons())
    write_json(target / "funnel.json", counts)
    return counts


def read_scored(source: Path) -> list[pa.Table]:
    """The tables of a scored corpus, by name of their files.

    Raises:
        BadDataError: there are none, or one has other columns.
    """
    paths = sorted(source.glob("*.parquet"))
    if not paths:
        raise BadDataError(f"{source}: no tables; run `dvc repro score`")
    return [_read(path) for path in paths]


def decide(tables: list[pa.Table], params: FilterParams, seed: int) -> Decisions:
    """Decide on every row of the tables; how rows are spread over tables changes nothing.

    Args:
        tables: columns of stages.core.features.FEATURES.
        params: the thresholds.
        seed: the root seed, for the splits.

    Raises:
        BadDataError: a key occurs twice.
    """
    passed, drops = [], []
    for table in tables:
        rows = table.to_pandas()
        verdicts = judge(rows, params.rules)
        condemned = verdicts["reason"].notna()
        drops.append(rows[["key", "source"]].join(verdicts)[condemned])
        passed.append(table.select(_COLUMNS).filter(pa.array(~condemned)))
    dropped = pd.concat(drops, ignore_index=True)
    survivors = pa.concat_tables(passed).sort_by("key")
    _check_keys([*dropped["key"], *survivors["key"].to_pylist()])
    kept, later = _compare(survivors, params, seed)
    dropped = pd.concat([dropped, later], ignore_index=True).sort_values("key", ignore_index=True)
    return Decisions(kept, dropped)


def _compare(survivors: pa.Table, params: FilterParams, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Decide on what only the sight of all samples tells: duplicates, splits, contamination."""
    rows = survivors.select(["key", "source", "group", "split", "content"]).to_pandas()
    rows["reason"], rows["value"] = None, None
    for reason, dropped in find_duplicates(survivors, params.duplicates):
        _drop(rows, reason, dropped)
    rows["split"] = assign(rows, params.splits, seed)
    standing = rows[rows["reason"].isna()]
    _drop(rows, IN_HELD_OUT, contaminated(standing, sorted(params.splits.sharing_groups)))
    gone = rows["reason"].notna()
    return rows.loc[~gone, KEPT.names].reset_index(drop=True), rows.loc[gone, DROPPED.names]


def _drop(rows: pd.DataFrame, reason: str, dropped: dict[str, str]) -> None:
    condemned = rows["key"].isin(dropped)
    rows.loc[condemned, "reason"] = reason
    rows.loc[condemned, "value"] = rows.loc[condemned, "key"].map(dropped)


def _check_keys(keys: list[str]) -> None:
    if len(set(keys)) < len(keys):
        twice = pd.Series(keys)[pd.Series(keys).duplicated()].iloc[0]
        raise BadDataError(f"key {twice!r} occurs twice; keys must be unique in a corpus, run ingest again")


def _read(path: Path) -> pa.Table:
    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise BadDataError(f"{path}: no parquet file; run `dvc repro score`") from error
    if table.schema.names != FEATURES.names:
        raise BadDataError(f"{path}: not the columns that score writes; run `dvc repro score`")
    return table


def _write(rows: pd.DataFrame, schema: pa.Schema, path: Path) -> None:
    table = pa.Table.from_pandas(rows[schema.names], schema, preserve_index=False)
    with replacing(path) as part:
        pq.write_table(table.replace_schema_metadata(None), part, compression="zstd")
