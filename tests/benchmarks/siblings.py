"""Six sibling stages at once, again and again: how many of them succeed and stand in dvc.lock.

    python -m tests.benchmarks.siblings [ROUNDS]

Each round starts from a repository in which only what the six share is there. DVC has no parallel run of its
own, and started side by side in the plain way one of six gets through; so this is counted, not assumed.
"""

import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flows import reproduce
from tests.end_to_end import toy


def one_round(folder: Path) -> tuple[int, bool]:
    """The number of siblings in dvc.lock after running all at once, and whether DVC finds nothing stale."""
    toy.make_repository(folder)
    os.chdir(folder)
    reproduce.run("shard", lambda _line: None)
    targets = [f"train@{system}" for system in toy.SYSTEMS]
    with ThreadPoolExecutor(len(targets)) as threads:
        outcomes = [threads.submit(reproduce.run, target, lambda _line: None) for target in targets]
    for target, outcome in zip(targets, outcomes, strict=True):
        if error := outcome.exception():
            print(f"  {target}: {error}")
    clean = "up to date" in toy.dvc(folder, "status", *targets)
    return len(toy.locked(folder) & set(targets)), clean


def main(rounds: int) -> int:
    """Run the rounds and print one line each; the exit code is 0 if all siblings came through in all."""
    good = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, rounds + 1):
            start = time.monotonic()
            locked, clean = one_round(Path(folder) / str(number))
            good += locked == len(toy.SYSTEMS) and clean
            state = "clean" if clean else "not clean"
            print(
                f"round {number}: {locked} of {len(toy.SYSTEMS)}, {state}, {time.monotonic() - start:.0f} s"
            )
        os.chdir("/")
    print(f"{good} of {rounds} rounds without a fault")
    return int(good != rounds)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
