"""What it costs to balance captions over half a million entries, beside an Aho-Corasick automaton.

    python -m tests.benchmarks.balance [--rows 1000000]

makes captions and entries below data/work/made once, then balances them by `MetadataBalance` and by
pyahocorasick in the way of MetaCLIP: one automaton of all entries, padded with spaces, that passes over each
caption, counts in a dictionary, draws at random. The peer lives in an environment below data/work/peers, and
keeps all matches in memory, as the published code does per shard.
"""

import argparse
import json
import subprocess
import sys
import venv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stages.core.files import digest
from stages.filter.database import bounded_database
from stages.filter.pinned import PinnedFile
from stages.filter.selections.balance import MetadataBalance
from tests.benchmarks.usage import measured

MADE, PEER = Path("data/work/made/balance"), Path("data/work/peers/balance")
PINS = ("pyahocorasick==2.3.1", "pyarrow==25.0.1")
WORDS, PAIRS, THRESHOLD = 300_000, 200_000, 5
AUTOMATON = """
import json, random, sys
import ahocorasick
import pyarrow.parquet as pq

rows, entries, threshold = sys.argv[1], sys.argv[2], int(sys.argv[3])
automaton = ahocorasick.Automaton()
for number, entry in enumerate(open(entries, encoding="utf-8").read().split("\\n")):
    if entry:
        automaton.add_word(f" {entry} ", number)
automaton.make_automaton()
counts, matched = {}, []
for batch in pq.ParquetFile(rows).iter_batches(columns=["text"]):
    for text in batch["text"].to_pylist():
        text = f" {text} "
        for sign in ",.;:?!`":
            if sign in text:
                text = text.replace(sign, f" {sign} ")
        found = {number for _, number in automaton.iter(text)}
        matched.append(found)
        for number in found:
            counts[number] = counts.get(number, 0) + 1
kept = sum(any(random.random() < threshold / max(counts[n], threshold) for n in found) for found in matched)
print(json.dumps({"matches": sum(counts.values()), "kept": kept}))
"""


def make(rows: int) -> tuple[Path, Path]:
    """Captions of 4 to 16 words by Zipf's law, and entries: the frequent words, and pairs that occur."""
    captions, entries = MADE / f"{rows}.parquet", MADE / "entries.txt"
    if captions.exists() and entries.exists():
        return captions, entries
    MADE.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(1)
    vocabulary = np.array([f"w{number:x}" for number in range(2 * WORDS)])
    weights = 1 / np.arange(10, 2 * WORDS + 10)
    lengths = draw.integers(4, 17, rows)
    words = draw.choice(vocabulary, lengths.sum(), p=weights / weights.sum())
    ends = np.cumsum(lengths)
    texts = [
        ", ".join([" ".join(words[a : b - 2]), " ".join(words[b - 2 : b])])
        for a, b in zip(ends - lengths, ends, strict=True)
    ]
    columns = {"place": range(rows), "key": [f"k{n:09d}" for n in range(rows)], "text": texts}
    pq.write_table(pa.table({**columns, "split": ["train"] * rows}), captions)
    pairs = dict.fromkeys(f"{one} {other}" for one, other in pairwise(words))
    entries.write_text("\n".join([*vocabulary[:WORDS], *list(pairs)[:PAIRS]]))
    return captions, entries


def ours(captions: str, entries: str) -> None:
    """Balance once, and say what came of it."""
    metadata = PinnedFile(path=Path(entries), sha256=digest(Path(entries)))
    with bounded_database(MADE / "database") as database:
        database.execute("CREATE TABLE standing AS SELECT * FROM read_parquet(?)", [captions])
        drops = (
            MetadataBalance(metadata=metadata, threshold=THRESHOLD).drops(database, 7).count("*").fetchall()
        )
        matches = database.execute("SELECT count(*) FROM metadata_balance_matches").fetchall()[0][0]
        rows = database.execute("SELECT count(*) FROM standing").fetchall()[0][0]
    print(json.dumps({"matches": matches, "kept": rows - drops[0][0]}))


def main(rows: int) -> None:
    """Measure and print."""
    captions, entries = map(str, make(rows))
    if not PEER.exists():
        venv.create(PEER, with_pip=True)
        subprocess.run([PEER / "bin" / "pip", "install", "--quiet", *PINS], check=True)
    commands = {
        "ours": [sys.executable, "-m", "tests.benchmarks.balance", "--once", captions, entries],
        "pyahocorasick": [str(PEER / "bin" / "python"), "-c", AUTOMATON, captions, entries, str(THRESHOLD)],
    }
    print("| | rows | matches | kept | CPU s | wall s | peak PSS MiB |\n|---|---|---|---|---|---|---|")
    for name, command in commands.items():
        log = MADE / f"{name}.json"
        usage = measured(command, log)
        told = json.loads(log.read_text().strip().splitlines()[-1])
        print(
            f"| {name} | {rows:,} | {told['matches']:,} | {told['kept']:,} "
            f"| {usage.cpu:.1f} | {usage.wall:.1f} | {usage.pss:,.0f} |"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--once", nargs=2, metavar=("CAPTIONS", "ENTRIES"))
    asked = parser.parse_args()
    ours(*asked.once) if asked.once else main(asked.rows)
