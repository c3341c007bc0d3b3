"""Ten times the lines: memory and time of planning, by format. `python tests/benchmarks/manifests.py`.

A child reads a made list of links into slices of 1,000 items on the disk, as ingest does before it fetches
anything. Printed are CPU seconds and the peak of resident memory of the child, for both sizes, and how they
relate.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

FEW, MANY = 50_000, 500_000
FORMATS = ("csv", "jsonl.zst", "json", "parquet")


def rows(count: int) -> Iterator[dict[str, str]]:
    return (
        {"url": f"https://host{number % 997}.org/{number}.jpg", "text": f"A picture of the number {number}"}
        for number in range(count)
    )


def write(path: Path, count: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(list(rows(count))), path, row_group_size=10_000)
        return
    if path.suffix == ".csv":
        text = "url,text\n" + "".join(f"{row['url']},{row['text']}\n" for row in rows(count))
    elif path.suffix == ".json":
        text = json.dumps(list(rows(count)))
    else:
        text = "".join(json.dumps(row) + "\n" for row in rows(count))
    content = text.encode()
    path.write_bytes(pa.compress(content, "zstd", asbytes=True) if path.suffix == ".zst" else content)


def plan(root: Path, name: str) -> None:
    """What the child does."""
    from stages.ingest.params import IngestParams
    from stages.ingest.plan import make_plan

    source = {"name": "web", "manifest": name, "licence": "MIT"}
    params = IngestParams.model_validate({"kind": "image", "root": str(root), "sources": [source]})
    work = root / "work"
    work.mkdir(exist_ok=True)
    make_plan(params, 1, work)


def run(*arguments: str) -> tuple[float, float]:
    """CPU seconds and MiB of a child.

    The children do all the work: what this process holds would count as theirs, since they start as it.
    """
    child = os.posix_spawn(sys.executable, [sys.executable, __file__, *arguments], os.environ)
    _, status, usage = os.wait4(child, 0)
    if status:
        sys.exit(f"the child failed: {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    print(f"| format | CPU s, {FEW:,} lines | {MANY:,} lines | times | MiB, {FEW:,} | {MANY:,} | times |")
    print("|---|---|---|---|---|---|---|")
    for form in FORMATS:
        found = []
        for count in (FEW, MANY):
            with tempfile.TemporaryDirectory() as folder:
                run("write", f"{folder}/m.{form}", str(count))
                found.append(run("plan", folder, f"m.{form}"))
        (cpu, memory), (more_cpu, more_memory) = found
        print(
            f"| {form} | {cpu:.1f} | {more_cpu:.1f} | {more_cpu / cpu:.1f} "
            f"| {memory:.0f} | {more_memory:.0f} | {more_memory / memory:.2f} |"
        )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", path, count]:
            write(Path(path), int(count))
        case ["plan", root, name]:
            plan(Path(root), name)
        case _:
            main()
