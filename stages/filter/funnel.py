"""How many samples came in, how many fell out and why, and how many are left."""

import duckdb
from rich.console import Console
from rich.table import Table


def funnel(database: duckdb.DuckDBPyConnection, reasons: list[str]) -> dict[str, int]:
    """Count the decisions, flat as DVC's metrics are.

    Args:
        database: with the views `kept` and `dropped` and the table `counts`.
        reasons: every reason that was asked; those that condemned nobody count 0.

    Returns:
        `in`, `kept`, `dropped/<reason>`, `split/<name>`, `source/<name>/in`, `source/<name>/kept`, and what
        comparisons counted.
    """
    drops, splits = _counts(database, "dropped", "reason"), _counts(database, "kept", "split")
    left, lost = _counts(database, "kept", "source"), _counts(database, "dropped", "source")
    counts = {"in": sum(left.values()) + sum(lost.values()), "kept": sum(left.values())}
    counts |= {f"dropped/{reason}": drops.get(reason, 0) for reason in reasons}
    counts |= {f"split/{split}": count for split, count in splits.items()}
    for source in sorted({*left, *lost}):
        counts[f"source/{source}/in"] = left.get(source, 0) + lost.get(source, 0)
        counts[f"source/{source}/kept"] = left.get(source, 0)
    return counts | dict(database.execute("SELECT name, count FROM counts ORDER BY name").fetchall())


def _counts(database: duckdb.DuckDBPyConnection, view: str, column: str) -> dict[str, int]:
    """Rows by what stands in a column, most frequent first."""
    query = f"SELECT {column}, count(*) AS rows FROM {view} GROUP BY ALL ORDER BY rows DESC, {column}"  # noqa: S608
    return dict(database.execute(query).fetchall())


def show(corpus: str, counts: dict[str, int], console: Console) -> None:
    """Print a funnel: a table with bars on a terminal, plain lines elsewhere."""
    total = max(1, counts["in"])
    lines = [(name, counts[name]) for name in ("in", *_below(counts, "dropped/"), "kept")]
    lines += [(name, counts[name]) for name in _below(counts, "split/")]
    lines += [(name, counts[name]) for name in _below(counts, "source/")]
    if not console.is_terminal:
        for name, count in lines:
            console.print(f"{corpus}: {name} {count}", highlight=False, soft_wrap=True)
        return
    table = Table("", "samples", "of in", "", title=corpus)
    for name, count in lines:
        table.add_row(name, f"{count:,}", f"{count / total:.1%}", "█" * round(40 * count / total))
    console.print(table)


def _below(counts: dict[str, int], prefix: str) -> list[str]:
    return [name for name in counts if name.startswith(prefix)]
