"""What it costs to apply every threshold to ten million scored rows.

    python -m tests.benchmarks.filter [--rows 10000000]

makes the rows below data/work/made once (4 GB for ten million), then filters them by the rules of the image
recipe and a split by group, and prints seconds, CPU seconds and the peak memory of the process tree.
"""

import argparse
import json
import sys
from pathlib import Path

from tests.benchmarks.scored import write_corpus
from tests.benchmarks.usage import Usage, measured

MADE = Path("data/work/made")

RULES = {
    "rules": {
        "licence_not_allowed": {"allowed": ["CC0-1.0"]},
        "empty_text": {},
        "text_too_short": {"characters": 2},
        "text_too_long": {"characters": 256},
        "no_letters": {"share": 0.3},
        "script_mismatch": {},
        "repetition": {"compression": 2.4, "trigrams": 0.5, "words": 10},
        "too_small": {"side": 16},
        "aspect": {"ratio": 3},
        "flat": {"entropy": 0.1, "main_colour": 0.99},
    },
    "splits": {"by_group": {"test": {"fraction": 0.1, "sources": ["made"]}}},
}


def run(name: str, rows: int, section: object) -> tuple[Usage, dict[str, int]]:
    """Filter made rows by a section of params.yaml: what it cost, and the funnel."""
    folder, target = MADE / f"{rows}", MADE / f"{rows}-{name}"
    write_corpus(folder, rows)
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.filtering",
        str(folder),
        str(target),
        json.dumps(section),
    ]
    usage = measured(command, MADE / f"{rows}-{name}.log")
    return usage, json.loads((target / "funnel.json").read_text())


def row(name: str, rows: int, usage: Usage) -> str:
    """A line of the markdown table."""
    costs = f"{usage.wall:,.0f} | {usage.cpu:,.0f} | {usage.cpu / rows * 1e6:.1f}"
    return f"| {name} | {rows:,} | {costs} | {usage.pss:,.0f} | {usage.rss:,.0f} |"


_NAMES = ("what", "rows", "seconds", "CPU s", "CPU µs a row", "peak PSS MiB", "peak RSS MiB")
HEAD = f"| {' | '.join(_NAMES)} |\n{'|---' * len(_NAMES)}|"


def rows_asked() -> int:
    """The number of rows on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    return int(parser.parse_args().rows)


def main(rows: int) -> None:
    """Measure and print."""
    usage, counts = run("rules", rows, RULES)
    print(HEAD, row("ten rules and a split", rows, usage), sep="\n")
    print(f"\n{counts['in']:,} in, {counts['kept']:,} kept")


if __name__ == "__main__":
    main(rows_asked())
