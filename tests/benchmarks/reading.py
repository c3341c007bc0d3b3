"""Reading 10,000 samples: ours beside webdataset and litdata, each on what its own writer wrote.

    python -m tests.benchmarks.reading [SAMPLES]

A sample is a 256 pixel JPEG (quality 95, about 35 kB) and a caption. Each pass runs in a process of its own
on a warm page cache, three times; the best counts. CPU is that of the pass with its worker processes, imports
left out. Decoding is Pillow's, to RGB, for all three. litdata wants packages that we do not have, so it lives
in an environment of its own below data/work/peers, which is made on the first run.
"""

import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

PEERS = Path("data/work/peers")
LITDATA = ("litdata==0.2.76", "lightning-utilities==0.15.3", "tifffile==2026.3.3", "obstore==0.12.1")
DISTINCT = 2000  # pictures; a corpus of more samples repeats them
BATCH, ROUNDS, SEED = 64, 3, 7
KINDS = [
    (order, workers, decoded)
    for decoded in (False, True)
    for workers in (0, 2)
    for order in ("sequential", "shuffled")
    if not (decoded and workers)
]


def pictures() -> list[bytes]:
    """Smooth colours with grain: as hard to compress as a photograph."""
    rng = np.random.default_rng(SEED)
    made = []
    for _ in range(DISTINCT):
        small = Image.fromarray(rng.integers(0, 256, (12, 12, 3), np.uint8)).resize((256, 256))
        grain = rng.normal(0, 7, (256, 256, 3))
        pixels = np.clip(np.asarray(small) + grain, 0, 255).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=95)
        made.append(file.getvalue())
    return made


def samples(folder: Path, count: int) -> Iterator[tuple[str, bytes, bytes]]:
    """Key, picture and record of each sample, the same for all writers."""
    made = [path.read_bytes() for path in sorted((folder / "pictures").iterdir())]
    for number in range(count):
        record = json.dumps({"key": f"{number:08d}", "text": f"a made picture with the number {number}"})
        yield f"{number:08d}", made[number % len(made)], record.encode()


def write_ours(folder: Path, count: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from stages.core.index import INDEX_NAME, INDEX_SCHEMA, TARS_NAME
    from stages.core.records import Sample
    from stages.core.tars import TarWriter

    rows, made = [], list(samples(folder, count))
    for start in range(0, count, 1000):
        name = f"train-{start // 1000:05d}.tar"
        with TarWriter(folder / "ours" / TARS_NAME / name) as writer:
            for key, picture, record in made[start : start + 1000]:
                writer.write(Sample(key, {"jpg": picture, "json": record}))
        facts = {"shard": name, "split": "train", "source": "made"}
        rows += [facts | vars(member) for member in writer.members]
    pq.write_table(pa.Table.from_pylist(rows, INDEX_SCHEMA), folder / "ours" / INDEX_NAME)


def read_ours(folder: Path, order: str, workers: int, *, decoded: bool) -> Iterator[object]:
    from stages.core.images import decode_rgb
    from stages.core.order import Order
    from stages.core.reader import Shards

    shards = Shards(folder / "ours")
    turn = Order(len(shards), SEED)
    picks = range(len(shards)) if order == "sequential" else [turn[step] for step in range(len(shards))]
    if workers:
        from torch.utils.data import DataLoader

        yield from _flat(DataLoader(shards, BATCH, sampler=picks, num_workers=workers, collate_fn=list))
        return
    for pick in picks:
        sample = shards[pick]
        yield np.asarray(decode_rgb(sample.files["jpg"])) if decoded else sample


def write_webdataset(folder: Path, count: int) -> None:
    from webdataset import ShardWriter

    (folder / "webdataset").mkdir()
    with ShardWriter(str(folder / "webdataset/%05d.tar"), maxcount=1000, verbose=0) as writer:
        for key, picture, record in samples(folder, count):
            writer.write({"__key__": key, "jpg": picture, "json": record})


def read_webdataset(folder: Path, order: str, workers: int, *, decoded: bool) -> Iterator[object]:
    import webdataset as wds

    urls = [str(path) for path in sorted((folder / "webdataset").iterdir())]
    dataset = wds.WebDataset(urls, shardshuffle=len(urls) if order == "shuffled" else False, seed=SEED)
    if order == "shuffled":
        dataset = dataset.shuffle(1000, seed=SEED)
    if decoded:
        dataset = dataset.decode("rgb8", only=["jpg"])
    if workers:
        batches = wds.WebLoader(
            dataset.batched(BATCH, collation_fn=list), batch_size=None, num_workers=workers
        )
        yield from _flat(batches)
        return
    yield from dataset


def write_litdata(folder: Path, count: int) -> None:
    from litdata.streaming import Cache

    cache = Cache(str(folder / "litdata"), chunk_bytes="64MB")
    for number, (_, picture, record) in enumerate(samples(folder, count)):
        cache[number] = {"jpg": picture, "json": record}
    cache.done()
    cache.merge()


def read_litdata(folder: Path, order: str, workers: int, *, decoded: bool) -> Iterator[object]:
    from litdata import StreamingDataLoader, StreamingDataset

    dataset = StreamingDataset(str(folder / "litdata"), shuffle=order == "shuffled", seed=SEED)
    if workers:
        loader = StreamingDataLoader(dataset, batch_size=BATCH, num_workers=workers, collate_fn=list)
        yield from _flat(loader)
        return
    for sample in dataset:
        yield np.asarray(Image.open(io.BytesIO(sample["jpg"])).convert("RGB")) if decoded else sample


def _flat(batches: object) -> Iterator[object]:
    for batch in batches:
        yield from batch


PASSES = {"ours": read_ours, "webdataset": read_webdataset, "litdata": read_litdata}
WRITERS = {"ours": write_ours, "webdataset": write_webdataset, "litdata": write_litdata}


def cpu_seconds() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


def measure(peer: str, folder: Path, order: str, workers: int, decoded: bool) -> None:
    """The best of some passes as JSON: samples, wall seconds, CPU seconds. The first pass warms up."""
    best: dict[str, float] = {}
    for number in range(ROUNDS + 1):
        wall, cpu = time.perf_counter(), cpu_seconds()
        count = sum(1 for _ in PASSES[peer](folder, order, workers, decoded=decoded))
        taken = {"samples": count, "wall": time.perf_counter() - wall, "cpu": cpu_seconds() - cpu}
        if number and (not best or taken["cpu"] < best["cpu"]):
            best = taken
    print(json.dumps(best))


def python_of(peer: str) -> str:
    """The interpreter that has the peer; litdata's borrows our packages where it has none of its own."""
    if peer != "litdata":
        return sys.executable
    folder = PEERS / "litdata"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder)
        install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps"]
        subprocess.run([*install, "--python", str(python), *LITDATA], check=True)
        ours = next(path for path in sys.path if path.endswith("site-packages"))
        (next(folder.glob("lib/*/site-packages")) / "ours.pth").write_text(ours)
    return str(python)


def ask(peer: str, *arguments: str) -> str:
    command = [python_of(peer), "-m", "tests.benchmarks.reading", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    return done.stdout.strip().rpartition("\n")[2]


def main(count: int) -> None:
    """Write the corpus three times, read it each way, and print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pictures").mkdir()
        for number, picture in enumerate(pictures()):
            (folder / "pictures" / f"{number:04d}.jpg").write_bytes(picture)
        for peer in WRITERS:
            ask(peer, "write", peer, name, str(count))
        print("| pass | reader | samples/s | CPU µs a sample | ours is faster by | and cheaper by |")
        print("|---|---|---|---|---|---|")
        for order, workers, decoded in KINDS:
            what = f"{order}, {workers} workers, {'decoded' if decoded else 'undecoded'}"
            arguments = (name, order, str(workers), str(int(decoded)))
            found = {peer: json.loads(ask(peer, "read", peer, *arguments)) for peer in PASSES}
            for peer, taken in found.items():
                assert taken["samples"] == count, (peer, what, taken)
                rate, cost = (taken["samples"] / taken["wall"], 1e6 * taken["cpu"] / taken["samples"])
                ours = found["ours"]
                ratios = f"{taken['wall'] / ours['wall']:.1f} | {taken['cpu'] / ours['cpu']:.1f}"
                print(f"| {what} | {peer} | {rate:,.0f} | {cost:.1f} | {ratios} |", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", peer, folder, count]:
            WRITERS[peer](Path(folder), int(count))
        case ["read", peer, folder, order, workers, decoded]:
            measure(peer, Path(folder), order, int(workers), bool(int(decoded)))
        case [count]:
            main(int(count))
        case _:
            main(10_000)
