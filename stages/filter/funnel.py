"""How many samples came in, how many fell out and why, and how many are left."""

import pandas as pd
from rich.console import Console
from rich.table import Table


def funnel(kept: pd.DataFrame, dropped: pd.DataFrame, reasons: list[str]) -> dict[str, int]:
    """Count the decisions, flat as DVC's metrics are.

    Args:
        kept: columns source, split.
        dropped: columns source, reason.
        reasons: every reason that was asked; those that condemned nobody count 0.

    Returns:
        `in`, `kept`, `dropped/<reason>`, `split/<name>`, `source/<name>/in` and `source/<name>/kept`.
    """
    counts = {"in": len(kept) + len(dropped), "kept": len(kept)}
    counts |= {f"dropped/{reason}": int((dropped["reason"] == reason).sum()) for reason in reasons}
    counts |= {f"split/{split}": int(count) for split, count in kept["split"].value_counts().items()}
    for source in sorted({*kept["source"], *dropped["source"]}):
        left = int((kept["source"] == source).sum())
        counts[f"source/{source}/in"] = left + int((dropped["source"] == source).sum())
        counts[f"source/{source}/kept"] = left
    return counts


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
