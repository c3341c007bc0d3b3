"""The first pass over a corpus: what can be told of each sample alone, table by table, on workers.

A worker asks the rules, draws the split, and computes what the comparisons derive. It holds a batch of rows
at once and writes two tables: what passed, with the columns that a comparison looks at, and what was dropped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stages.core.errors import BadDataError
from stages.core.features import FEATURES
from stages.core.files import disk_errors
from stages.filter.base import Comparison
from stages.filter.params import FilterParams
from stages.filter.rules import judge
from stages.filter.rules.language import LanguageMismatch
from stages.filter.splits import assign

DROPPED = pa.schema([(name, pa.string()) for name in ("key", "source", "reason", "value")])

_BATCH = 16_384  # rows in memory at once
_TABLE_BITS = 32  # of a row's number; the bits above number the table


@dataclass(frozen=True)
class Task:
    """One scored table, and where to write what became of its rows.

    Attributes:
        number: of the table in its corpus.
        source: the scored table.
        passed: for the rows that the rules spare.
        dropped: for the others, with columns of DROPPED.
        params: the thresholds.
        seed: the root seed.
    """

    number: int
    source: Path
    passed: Path
    dropped: Path
    params: FilterParams
    seed: int


def judge_table(task: Task) -> None:
    """Ask the rules about every row of a table.

    Raises:
        BadDataError: it is no parquet file, or has other columns than score writes.
        TryAgainError: the disk is full.
    """
    comparisons = list(task.params.comparisons().values())
    first = task.number << _TABLE_BITS
    schema = _passed(FEATURES.empty_table(), task.params, comparisons, first).schema
    with (
        disk_errors(task.passed),
        pq.ParquetWriter(task.passed, schema, compression="lz4") as passed,
        pq.ParquetWriter(task.dropped, DROPPED, compression="lz4") as dropped,
    ):
        for rows in read_batches(task.source, _needed(task.params)):
            spared, condemned = _judge(rows, task.params, task.seed)
            passed.write_table(_passed(spared, task.params, comparisons, first))
            dropped.write_table(condemned)
            first += len(spared)


def read_batches(path: Path, columns: list[str]) -> Iterator[pa.Table]:
    """Some columns of a scored table, a batch of rows at a time.

    Raises:
        BadDataError: it is no parquet file, or has other columns than score writes.
    """
    try:
        with pq.ParquetFile(path) as file:
            if file.schema_arrow.names != FEATURES.names:
                raise BadDataError(f"{path}: not the columns that score writes; run `dvc repro score`")
            for batch in file.iter_batches(_BATCH, columns=columns):
                yield pa.Table.from_batches([batch])
    except pa.ArrowInvalid as error:
        raise BadDataError(f"{path}: no parquet file; run `dvc repro score`") from error


def passed_columns(rows: pa.Table, comparisons: list[Comparison]) -> pa.Table:
    """What the comparisons look at: the columns of the view `standing` but for `place`.

    Args:
        rows: what the comparisons look at and derive from; their split is the final one.
        comparisons: all that will be asked.
    """
    asked = {"key", "source", "split"}.union(*(comparison.columns for comparison in comparisons))
    derived: dict[str, pa.Array] = {}
    for comparison in comparisons:
        derived |= comparison.derive(rows)
    table = rows.select([name for name in rows.schema.names if name in asked])
    for name, column in derived.items():
        table = table.append_column(name, column)
    return table


def _needed(params: FilterParams) -> list[str]:
    """The features that anything looks at, in their order."""
    asked = {"key", "source", "group", "split"}
    asked = asked.union(*(rule.columns for rule in params.rules.asked().values()))
    asked = asked.union(*(each.columns | each.inputs for each in params.comparisons().values()))
    return [name for name in FEATURES.names if name in asked]


def _passed(rows: pa.Table, params: FilterParams, comparisons: list[Comparison], first: int) -> pa.Table:
    """What is written of rows that pass: what comparisons look at, what shard is told, and numbers."""
    numbers = pa.array(range(first, first + len(rows)), pa.int64())
    table = passed_columns(rows, comparisons)
    table = table.append_column("translated_from", _translated_from(rows, params.rules.language_mismatch))
    return table.append_column("row", numbers)


def _translated_from(rows: pa.Table, rule: LanguageMismatch | None) -> pa.Array:
    """The spoken language of each recording whose text is an English translation, else null."""
    if rule is None:
        return pa.nulls(len(rows), pa.string())
    return pa.array(rule.translated_from(rows.select(sorted(rule.columns)).to_pandas()), pa.string())


def _judge(rows: pa.Table, params: FilterParams, seed: int) -> tuple[pa.Table, pa.Table]:
    """The rows that pass, with their final split, and the drops of the others."""
    facts = rows.to_pandas()
    verdicts = judge(facts, params.rules)
    condemned = verdicts["reason"].notna()
    drops = facts[["key", "source"]].join(verdicts)[condemned]
    spared = rows.filter(pa.array(~condemned))
    splits = assign(facts.loc[~condemned, ["source", "group", "split"]], params.splits, seed)
    where = spared.schema.get_field_index("split")
    spared = spared.set_column(where, FEATURES.field("split"), pa.array(splits, pa.string()))
    return spared, pa.Table.from_pandas(drops, DROPPED, preserve_index=False)
