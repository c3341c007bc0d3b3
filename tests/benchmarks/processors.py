"""Whether weights are the same bits on another maker's older processor, emulated by QEMU's user mode.

    python tests/benchmarks/processors.py clip whisper

prepares the batches of a few steps, spread over the whole run, takes these steps from the initial weights on
this machine and on an emulated Intel Haswell (2013), and compares the hash of weights and optimiser after
each. It needs `qemu-x86_64` (Debian: qemu-user) and the shards of `dvc repro shard`. Emulation is some fifty
times slower, so batches are cut to a few rows, and it is no part of the test suite.
"""

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STEPS = 4
ROWS = 16
PROCESSOR = "Haswell-noTSX"


def built(name: str) -> tuple[Any, Any]:
    """The system as params.yaml has it, and its device; libraries are set as in a training."""
    from stages import systems
    from stages.core import device, params

    kind = systems.load(name)
    settings = params.load("train", device.TrainParams).model_copy(update={"device": "cpu"})
    where = device.settle(settings)
    return kind(params.load(f"systems.{name}", kind.Params), params.seed(), Path("data/shards")), where


def prepare(name: str, folder: Path) -> None:
    """Write the micro-batches of the steps to compare, so that emulation is spared the corpus."""
    from safetensors.torch import save_file

    system, _ = built(name)
    for number in range(STEPS):
        step = number * (system.steps - 1) // (STEPS - 1)
        for part, batch in enumerate(system.batch(step)):
            rows = {key: each[:ROWS].contiguous() for key, each in batch.items()}
            save_file(rows, folder / f"{step:06d}-{part}")


def hashes(name: str, folder: Path) -> Iterator[str]:
    """The hash of the state after each of the steps; runs in the process to be compared."""
    import torch
    from safetensors.torch import load_file

    system, where = built(name)
    state = system.init(where)
    for first in sorted(folder.glob("*-0")):
        step = int(first.name.partition("-")[0])
        torch.manual_seed(step)
        system.step(state, [load_file(part) for part in sorted(folder.glob(f"{step:06d}-*"))])
        content = hashlib.sha256()
        for tensor in state.tensors().values():
            content.update(tensor.detach().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
        yield f"{name} step {step}: {content.hexdigest()[:16]}"


def measured(name: str, folder: Path, *prefix: str) -> list[str]:
    """The hashes as another process finds them, here or under an emulator."""
    argv = [*prefix, sys.executable, __file__, "--hashes", name, str(folder)]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    return done.stdout.splitlines()


def main() -> int:
    """Compare, print, and return 1 if anything differs."""
    if sys.argv[1:2] == ["--hashes"]:
        for line in hashes(sys.argv[2], Path(sys.argv[3])):
            print(line, flush=True)
        return 0
    differing = 0
    for name in sys.argv[1:] or ["clip", "whisper"]:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            prepare(name, folder)
            here, there = measured(name, folder), measured(name, folder, "qemu-x86_64", "-cpu", PROCESSOR)
        for ours, theirs in zip(here, there, strict=True):
            differing += ours != theirs
            print(f"{ours}  {PROCESSOR}: {'same' if ours == theirs else theirs.rpartition(' ')[2]}")
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
