"""Questions to the pipeline's parquet tables, answered by DuckDB: a corpus may not fit the memory."""

from pathlib import Path
from typing import Any

from stages.core.errors import BadDataError

_MEMORY = "1GB"  # beyond it, DuckDB spills to the disk


def ask(question: str, **tables: Path) -> list[tuple[Any, ...]] | None:
    """The rows that answer a question in SQL, or None if one of the tables is not there.

    Args:
        question: SQL over the tables' names. It says the order of its rows; sums are of integers, since the
            order of adding is not fixed.
        tables: a parquet file by name, or a pattern such as `data/scored/images/*.parquet` for one in parts.

    Raises:
        BadDataError: a file is no parquet, or lacks a column.
    """
    import duckdb  # noqa: PLC0415 - the table on the terminal asks nothing and must be there at once

    files = {name: sorted(map(str, path.parent.glob(path.name))) for name, path in tables.items()}
    if not all(files.values()):
        return None
    where = ", ".join(map(str, tables.values()))
    try:
        with duckdb.connect(config={"memory_limit": _MEMORY}) as connection:
            for name, parts in files.items():
                connection.read_parquet(parts).create_view(name)
            return connection.execute(question).fetchall()
    except duckdb.BinderException as error:
        raise BadDataError(f"{where}: {str(error).splitlines()[0]}; run `dvc repro`") from error
    except (duckdb.InvalidInputException, duckdb.IOException, duckdb.SerializationException) as error:
        raise BadDataError(f"{where}: no parquet file ({error}); run `dvc repro`") from error
