"""What it costs to find the duplicates among ten million rows, and how many of the planted ones are found.

    python -m tests.benchmarks.dedupe [--rows 10000000]

makes the rows below data/work/made once (4 GB for ten million; the run needs some 20 GB more for a while),
then looks for duplicates by link, file, content and text, and for near pictures and texts. A planted copy of
an original counts as found if it or its model is dropped.
"""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from tests.benchmarks.filter import HEAD, MADE, row, rows_asked, run
from tests.benchmarks.scored import KINDS, TABLE, planted

SECTION = {"duplicates": {"url": {}, "bytes": {}, "exact": {}, "text": {}, "near_image": {}, "near_text": {}}}
CROWDS = ("meme", "template")  # without a model: all but the first are copies
COPIES = ("file", "link", "text", "near_image", "near_text", "meme", "template")


def recall(target: Path, rows: int) -> dict[str, float]:
    """Of the planted copies whose model is an original, the share that is dropped, by kind."""
    gone = np.zeros(rows, bool)
    for batch in pq.ParquetFile(target / "decisions" / "dropped.parquet").iter_batches(columns=["key"]):
        gone[[int(key[5:]) for key in batch["key"].to_pylist()]] = True
    tables = [planted(number, rows) for number in range(-(-rows // TABLE))]
    kinds = np.concatenate([kinds for kinds, _ in tables])
    models = np.concatenate([models for _, models in tables]).astype(np.int64)
    paired = (kinds[models] == KINDS.index("own")) & (models != np.arange(rows))
    found = gone | gone[models]
    shares = {}
    for name in COPIES:
        of_kind = kinds == KINDS.index(name)
        dropped = gone[of_kind] if name in CROWDS else found[of_kind & paired]
        shares[name] = float(dropped.mean())
    return shares


def main(rows: int) -> None:
    """Measure and print."""
    usage, counts = run("duplicates", rows, SECTION)
    print(HEAD, row("six searches", rows, usage), sep="\n")
    print("\n| reason | dropped |\n|---|---|")
    for name, count in counts.items():
        if name.startswith(("dropped/duplicate", "dropped/near")):
            print(f"| {name.removeprefix('dropped/')} | {count:,} |")
    print("\n| planted | found |\n|---|---|")
    for name, share in recall(MADE / f"{rows}-duplicates", rows).items():
        print(f"| {name} | {share:.4f} |")


if __name__ == "__main__":
    main(rows_asked())
