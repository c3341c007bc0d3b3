"""Starting in the middle of an epoch of 100 million samples, and what a large index costs.

    python -m tests.benchmarks.resume [ROWS]

The order of training is a function of the position, so resuming is evaluating it once more: the first table
does so at positions all over an epoch of 100 million, each time with nothing remembered. The second opens a
made index of ROWS rows (10 million, two files a sample) as the reader does, in a process of its own, and
beside it as one table of pandas.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stages.core import order as order_module
from stages.core.index import INDEX_NAME, INDEX_SCHEMA
from stages.core.order import Order
from stages.core.reader import Shards

SAMPLES = 100_000_000  # of the simulated epoch
BATCH = 1024
A_TAR = 8192  # rows of the made index
CHUNK = 1 << 20  # rows that are made at once


def resume() -> None:
    """Seconds from nothing to the first batch of an order, at positions all over two epochs."""
    print("| position of 100 million | ms to the first sample | ms to a batch of 1,024 |")
    print("|---|---|---|")
    for position in (0, 1, SAMPLES // 3, SAMPLES // 2, SAMPLES - 1, SAMPLES + 12_345_678):
        first = statistics.median(_milliseconds(position, 1) for _ in range(9))
        batch = statistics.median(_milliseconds(position, BATCH) for _ in range(9))
        print(f"| {position:,} | {first:.3f} | {batch:.1f} |")


def forget() -> None:
    """As in a process that has just started."""
    order_module._rounds.cache_clear()
    order_module._epoch_seed.cache_clear()


def _milliseconds(position: int, count: int) -> float:
    forget()
    start = time.perf_counter()
    order = Order(SAMPLES, seed=7)
    for step in range(position, position + count):
        order[step]
    return (time.perf_counter() - start) * 1e3


def make_index(root: Path, rows: int) -> None:
    """Keys like ours, and hashes that no compression shortens."""
    rng = np.random.default_rng(7)
    with pq.ParquetWriter(root / INDEX_NAME, INDEX_SCHEMA, compression="zstd") as writer:
        for start in range(0, rows, CHUNK):
            numbers = np.arange(start, min(start + CHUNK, rows))
            columns = {
                "key": pa.array([f"made-{n * 2654435761 % 2**32:08x}{n:08x}" for n in numbers // 2]),
                "source": pa.array(np.where(numbers // 2 % 3 == 0, "web", "books")),
                "split": pa.array(np.where(numbers < rows // 100, "test", "train")),
                "shard": pa.array([f"train-{number // A_TAR:05d}.tar" for number in numbers]),
                "file": pa.array(np.where(numbers % 2 == 0, "jpg", "json")),
                "offset": pa.array(numbers % A_TAR * 20_480 + 512),
                "length": pa.array(np.full(len(numbers), 19_000)),
                "sha256": pa.array([rng.bytes(32).hex() for _ in numbers]),
            }
            writer.write_table(pa.table(columns, INDEX_SCHEMA))


def measure(how: str, root: Path) -> None:
    """Seconds, and what memory grew by, as JSON."""
    before, start, base = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter(), memory("VmRSS")
    kept = Shards(root) if how == "reader" else pq.read_table(root / INDEX_NAME).to_pandas()
    after, wall = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - start
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    held, peak = memory("VmRSS") - base, memory("VmHWM") - base
    found = {"wall": wall, "cpu": cpu, "held": held, "peak": peak, "rows": len(kept)}
    if how == "reader":
        start = time.perf_counter()
        part = kept.select(split="train", source="web")
        found |= {"select": time.perf_counter() - start, "selected": len(part)}
        start = time.perf_counter()
        part._position(part.table.keys[part.chosen[len(part) // 2]].as_py())
        found |= {"sort": time.perf_counter() - start}
    print(json.dumps(found))


def memory(name: str) -> float:
    """A line of /proc/self/status, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def open_large(rows: int) -> None:
    """The table of what opening costs."""
    with tempfile.TemporaryDirectory() as folder:
        make_index(Path(folder), rows)
        size = (Path(folder) / INDEX_NAME).stat().st_size / 2**20
        print(f"\nAn index of {rows:,} rows, {size:,.0f} MiB on the disk:\n")
        print("| opened by | wall s | CPU s | held MiB | peak MiB |")
        print("|---|---|---|---|---|")
        for how in ("reader", "pandas"):
            command = [sys.executable, "-m", "tests.benchmarks.resume", "measure", how, folder]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found = json.loads(done.stdout)
            figures = " | ".join(f"{found[name]:.1f}" for name in ("wall", "cpu", "held", "peak"))
            print(f"| {how} | {figures} |")
            if how == "reader":
                select, sort = f"{found['select']:.2f} s", f"{found['sort']:.2f} s"
                said = f"{found['selected']:,} samples by split and source takes {select}"
                said += f", the first look-up by key {sort}"
        print(f"\nChoosing {said}.")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["measure", how, folder]:
            measure(how, Path(folder))
        case arguments:
            resume()
            open_large(int(arguments[0]) if arguments else 10_000_000)
