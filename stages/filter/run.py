"""Filter a corpus: rules table by table on workers, then comparisons of all samples in a database on disk.

Each sample is kept, or dropped for exactly one reason. Memory is bounded whatever the number of samples, and
neither workers nor the spread of samples over tables changes a byte.
"""

from pathlib import Path

from stages.core.errors import BadDataError, TryAgainError
from stages.core.executor import map_shards
from stages.core.files import fresh_folder, passing_folder, replacing_folder, write_json
from stages.core.process import stop_requested
from stages.filter.database import bounded_database, drop, load
from stages.filter.decisions import write_decisions
from stages.filter.funnel import funnel
from stages.filter.needs import check_computed
from stages.filter.params import FilterParams
from stages.filter.pool import resolved
from stages.filter.rows import Task, judge_table

SCORED = Path("data/scored")
FILTERED = Path("data/filtered")


def filter_corpus(source: Path, target: Path, work: Path, params: FilterParams, seed: int) -> dict[str, int]:
    """Decide on every sample and write `decisions/` and `funnel.json`.

    Args:
        source: the folder with the scored `NNNNN.parquet`.
        target: the folder of this corpus below data/filtered.
        work: a folder for what is needed on the way; nothing stays in it.
        params: the thresholds.
        seed: the root seed, for the splits and the selections.

    Returns:
        The funnel.

    Raises:
        BadConfigError: a rule asks about a feature that no sample has.
        BadDataError: there is nothing to filter, a file has other columns, or a key occurs twice.
        TryAgainError: the disk is full, or a signal came; what was there stays.
    """
    tables = sorted(source.glob("*.parquet"))
    if not tables:
        raise BadDataError(f"{source}: no tables; run `dvc repro score`")
    check_computed(tables, params, source.name)
    with bounded_database(work / "database") as database:
        with passing_folder(work / "rows") as rows:
            _judge_tables(tables, rows, resolved(params, tables, work / "pool"), seed)
            load(database, rows / "passed", rows / "dropped")
        for reason, comparison in params.comparisons().items():
            _go_on(target)
            drop(database, reason, comparison.drops(database, seed))
        with replacing_folder(target / "decisions") as folder:
            write_decisions(database, folder)
        counts = funnel(database, params.reasons())
    write_json(target / "funnel.json", counts)
    return counts


def _judge_tables(tables: list[Path], folder: Path, params: FilterParams, seed: int) -> None:
    """Write the rows that pass the rules and the others below `folder`."""
    passed, dropped = fresh_folder(folder / "passed"), fresh_folder(folder / "dropped")
    tasks = (
        Task(number, table, passed / table.name, dropped / table.name, params, seed)
        for number, table in enumerate(tables)
    )
    for _ in map_shards(judge_table, tasks):
        _go_on(folder)


def _go_on(folder: Path) -> None:
    if stop_requested():
        raise TryAgainError(f"{folder}: stopped by a signal, nothing was written; run again")
