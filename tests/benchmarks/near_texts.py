"""MinHash beside datasketch's, on the same texts: CPU, and how many of the planted pairs are found.

    python -m tests.benchmarks.near_texts [--texts 20000]

Half of the texts are copies of the other half with some words changed. Both make 100 MinHashes of the same
shingles of five characters and propose pairs by 20 bands of 5; datasketch proposes them while it inserts. The
peer lives below data/work/peers in an environment of its own.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from stages.filter.minhash import bands, signatures
from stages.filter.shingles import hashed_shingles, jaccard

PEER = Path("data/work/peers/datasketch")
PINNED = ["datasketch==2.0.0", "numpy==2.4.6"]
THRESHOLD = 0.8

PEER_CODE = """
import json, sys, time
from datasketch import MinHash, MinHashLSH
texts = json.load(open(sys.argv[1]))
began = time.process_time()
index, pairs = MinHashLSH(num_perm=100, params=(20, 5)), []
for number, text in enumerate(texts):
    hashes = MinHash(num_perm=100)
    hashes.update_batch([text[start:start + 5].encode() for start in range(max(1, len(text) - 4))])
    pairs += [(number, other) for other in index.query(hashes)]
    index.insert(number, hashes)
print(json.dumps({"cpu": time.process_time() - began, "pairs": pairs}))
"""


def made_texts(count: int) -> list[str]:
    """Texts of 12 to 40 words in normal form; each second is the one before with up to a fifth changed."""
    dice = np.random.default_rng(11)
    vocabulary = [
        "".join(chr(97 + letter) for letter in dice.integers(0, 26, length))
        for length in dice.integers(3, 10, 5000)
    ]
    texts = []
    for _ in range(count // 2):
        words = [vocabulary[number] for number in dice.integers(0, len(vocabulary), dice.integers(12, 41))]
        copy = list(words)
        for place in dice.integers(0, len(words), dice.integers(0, len(words) // 5 + 1)):
            copy[place] = vocabulary[dice.integers(0, len(vocabulary))]
        texts += [" ".join(words), " ".join(copy)]
    return texts


def ours(texts: list[str]) -> tuple[float, set[tuple[int, int]]]:
    """CPU seconds and pairs by our signatures, joined in the database as the filter does."""
    began = time.process_time()
    values, starts = hashed_shingles(texts)
    found = bands(signatures(values >> np.uint64(32), starts, 100), 5)
    rows = {
        "band": np.tile(np.arange(20), len(texts)),
        "value": found.ravel(),
        "text": np.arange(20 * len(texts)) // 20,
    }
    with duckdb.connect(config={"threads": 1}) as database:
        database.register("rows", pa.table(rows))
        pairs = database.execute(
            "SELECT DISTINCT a.text, b.text FROM rows a JOIN rows b USING (band, value) WHERE a.text > b.text"
        ).fetchall()
    return time.process_time() - began, set(pairs)


def peers(texts: list[str]) -> tuple[float, set[tuple[int, int]]]:
    """CPU seconds and pairs by datasketch, in a process of its own."""
    python = PEER / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", PEER], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PINNED], check=True)
    (PEER / "texts.json").write_text(json.dumps(texts))
    command = [python, "-c", PEER_CODE, PEER / "texts.json"]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answer["cpu"], {(later, earlier) for later, earlier in answer["pairs"]}


def main(count: int) -> None:
    """Measure and print."""
    texts = made_texts(count)
    similarity = jaccard(texts[1::2], texts[::2])
    planted = {(2 * n + 1, 2 * n) for n in np.flatnonzero(similarity >= THRESHOLD).tolist()}
    predicted = (1 - (1 - similarity[similarity >= THRESHOLD] ** 5) ** 20).mean()
    print(
        f"{count:,} texts, {len(planted):,} planted pairs of similarity {THRESHOLD} or more; "
        f"theory finds {predicted:.4f}\n"
    )
    print("| | CPU s | µs a text | of the planted found | proposed in all |\n|---|---|---|---|---|")
    results = {"Tenfold": ours(texts), "datasketch 2.0.0": peers(texts)}
    for name, (cpu, pairs) in results.items():
        share = len(planted & pairs) / len(planted)
        print(f"| {name} | {cpu:.2f} | {cpu / count * 1e6:.0f} | {share:.4f} | {len(pairs):,} |")
    print(f"\nCPU of datasketch's over ours: {results['datasketch 2.0.0'][0] / results['Tenfold'][0]:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=20_000)
    main(parser.parse_args().texts)
