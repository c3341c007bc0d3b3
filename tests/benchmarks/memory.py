"""Whether the memory stays flat when there are ten times as many links, and the time grows tenfold.

    python -m tests.benchmarks.memory [LINKS]

Ingests so many links to small pictures on this machine, then ten times as many, by the whole command with two
workers and shards of 500.
"""

import os
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.loopback import serving, write_pictures
from tests.benchmarks.ours import ingest_command, write_list
from tests.benchmarks.usage import Usage, measured

FETCH = {"allow_private": ["127.0.0.1/32"], "host": {"requests_per_second": None, "connections": 16}}
DISTINCT, SIDE, SHARD = 100, 64, 500


def ingest(pictures: Path, links: int) -> Usage:
    """What so many links cost."""
    with tempfile.TemporaryDirectory() as scratch, serving(pictures) as start:
        folder = Path(scratch)
        manifest = write_list(folder, (f"{start}/jpeg/{number}" for number in range(links)))
        source = {"name": "made", "manifest": str(manifest), "licence": "CC0-1.0"}
        params = {"kind": "image", "shard_samples": SHARD, "fetch": FETCH, "sources": [source]}
        return measured(ingest_command(folder, params))


def main(links: int) -> None:
    """Print the table."""
    print("| links | peak PSS MiB | peak RSS MiB | wall s | CPU s | links/s | load |")
    print("|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        pictures = Path(scratch)
        write_pictures(pictures, {"jpeg": DISTINCT}, SIDE)
        found = []
        for count in (links, 10 * links):
            usage = ingest(pictures, count)
            found.append(usage)
            print(
                f"| {count} | {usage.pss:.0f} | {usage.rss:.0f} | {usage.wall:.1f} | {usage.cpu:.1f} "
                f"| {count / usage.wall:.0f} | {os.getloadavg()[0]:.1f} |",
                flush=True,
            )
    few, many = found
    print(
        f"| 10x / 1x | {many.pss / few.pss:.2f} | {many.rss / few.rss:.2f} | {many.wall / few.wall:.1f} "
        f"| {many.cpu / few.cpu:.1f} | | |"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000)
