"""What a search for near duplicates should answer, by comparing all with all."""

from collections.abc import Callable
from typing import Any


def greedy(rows: list[dict[str, Any]], alike: Callable[[Any, Any], bool]) -> dict[str, str]:
    """In key order, drop each row that is like a kept one before it, in favour of the first such."""
    kept: list[dict[str, Any]] = []
    dropped: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: row["key"]):
        twin = next((other for other in kept if alike(row, other)), None)
        if twin is None:
            kept.append(row)
        else:
            dropped[row["key"]] = twin["key"]
    return dropped
