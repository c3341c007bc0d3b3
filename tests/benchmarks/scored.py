"""Scored tables out of nothing: made rows by the million, with planted duplicates of known kinds.

A row's text, link and picture are functions of a number. An original's is its own; a copy's is that of a row
anywhere in the corpus, so that duplicates lie in other tables. Shares of the rows:

    .04 the same file, .02 the same link, .04 the same text, .04 a nearly equal picture,
    .04 a nearly equal text, .01 one picture encoded anew each time,
    .01 one sentence with another number each time, .01 a flat picture
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stages.core.executor import map_shards
from stages.core.features import FEATURES
from stages.filter.minhash import mixed
from stages.score.text.exact import text_hash

TABLE = 100_000  # rows
WORDS = 12  # of a text
KINDS = ("own", "file", "link", "text", "near_image", "near_text", "meme", "template", "flat")
_SHARES = (0.79, 0.04, 0.02, 0.04, 0.04, 0.04, 0.01, 0.01, 0.01)
_VOCABULARY = 20_000
_CELLS = 192  # numbers of a palette
_PALETTES = 1 << 12

Numbers = npt.NDArray[np.uint64]


def write_corpus(folder: Path, rows: int) -> None:
    """Write tables of TABLE rows below `folder`; what is there stays."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = range(-(-rows // TABLE))
    tasks = [(folder / f"{number:05d}.parquet", number, rows) for number in numbers]
    for _ in map_shards(_write_table, [task for task in tasks if not task[0].exists()]):
        pass


def planted(number: int, rows: int) -> tuple[npt.NDArray[np.int64], Numbers]:
    """Of each row of a table, its kind as a place in KINDS, and the row that it is a copy of."""
    dice = np.random.default_rng([7, number])
    size = min(TABLE, rows - number * TABLE)
    kinds = dice.choice(len(KINDS), size, p=_SHARES)
    return kinds, dice.integers(0, rows, size, np.uint64)


def _write_table(task: tuple[Path, int, int]) -> None:
    path, number, rows = task
    kinds, models = planted(number, rows)
    own = np.arange(len(kinds), dtype=np.uint64) + np.uint64(number * TABLE)
    columns = dict(_columns(kinds, models, own, np.random.default_rng([8, number])))
    arrays = [columns.get(field.name, pa.nulls(len(own), field.type)) for field in FEATURES]
    part = path.with_suffix(".part")
    pq.write_table(pa.Table.from_arrays(arrays, schema=FEATURES), part, compression="zstd")
    part.rename(path)


def _columns(
    kinds: npt.NDArray[np.int64], models: Numbers, own: Numbers, dice: np.random.Generator
) -> Iterator[tuple[str, pa.Array]]:
    def source(*names: str) -> Numbers:
        return np.where(np.isin(kinds, [KINDS.index(name) for name in names]), models, own)

    size = len(own)
    texts = _texts(source("file", "link", "text", "near_text"), kinds, own)
    pictures = source("file", "near_image")
    files = _hex(np.where(kinds == KINDS.index("file"), models, own))
    yield "key", pa.array([f"made-{row:09d}" for row in own.tolist()])
    yield from ((name, _same(value, size)) for name, value in _CONSTANT.items())
    yield "origin", pa.array(_links(source("link"), kinds))
    yield "sha256", files
    yield "content", files
    yield "group", files
    yield "text", pa.array(texts)
    yield "text_hash", pa.array([text_hash(text) for text in texts])
    yield "characters", pa.array(np.array([len(text) for text in texts], np.int32))
    yield "compression", pa.array(dice.uniform(0.5, 2.5, size))
    yield "width", pa.array(dice.integers(1, 2000, size, np.int32))
    yield "height", pa.array(dice.integers(200, 2000, size, np.int32))
    yield "aspect", pa.array(dice.uniform(1, 3.1, size))
    yield "entropy", pa.array(dice.uniform(0.05, 8, size))
    yield "dhash", pa.array(_hashes(pictures, kinds, dice))
    yield "palette", _palettes(pictures, kinds, dice)


_CONSTANT = {
    "source": "made", "licence": "CC0-1.0", "language": "en", "words": WORDS, "letters": 0.9, "digits": 0.0,
    "punctuation": 0.0, "upper": 0.1, "pauses": 1, "script": "LATIN", "script_fits": True, "repetition": 0.0,
    "main_colour": 0.3, "colours": 100, "bytes": 50_000,
}  # fmt: skip


def _same(value: object, size: int) -> pa.Array:
    kinds = {float: pa.float64(), bool: pa.bool_(), str: pa.string(), int: pa.int32()}
    kind = pa.int64() if value == _CONSTANT["bytes"] else kinds[type(value)]
    return pa.array([value], kind).take(pa.array(np.zeros(size, np.int32)))


def _texts(models: Numbers, kinds: npt.NDArray[np.int64], own: Numbers) -> list[str]:
    vocabulary = pa.array([_word(number) for number in range(_VOCABULARY)])
    drawn = [
        mixed(models * np.uint64(64) + np.uint64(place)) % np.uint64(_VOCABULARY) for place in range(WORDS)
    ]
    altered = mixed(own * np.uint64(64) + np.uint64(WORDS)) % np.uint64(_VOCABULARY)
    drawn[-1] = np.where(kinds == KINDS.index("near_text"), altered, drawn[-1])
    texts = pc.binary_join_element_wise(*(vocabulary.take(pa.array(part)) for part in drawn), " ").to_pylist()
    for row in np.flatnonzero(kinds == KINDS.index("template")):
        texts[row] = (
            f"buy the best posters and prints of famous paintings online at low prices number {own[row]}"
        )
    return texts


def _word(number: int) -> str:
    value, letters = int(mixed(np.array([number], np.uint64))[0]), []
    for _ in range(4 + number % 6):
        value, letter = divmod(value, 26)
        letters.append(chr(97 + letter))
    return "".join(letters)


def _links(models: Numbers, kinds: npt.NDArray[np.int64]) -> list[str]:
    copy = KINDS.index("link")
    return [
        f"https://{'WWW.Example' if kind == copy else 'www.example'}.org/{model % 997}/{model:x}.jpg"
        + ("#top" if kind == copy else "")
        for model, kind in zip(models.tolist(), kinds.tolist(), strict=True)
    ]


def _hex(models: Numbers) -> pa.Array:
    halves = [mixed(models * np.uint64(4) + np.uint64(part)).tolist() for part in range(4)]
    return pa.array(["".join(f"{part:016x}" for part in parts) for parts in zip(*halves, strict=True)])


def _hashes(models: Numbers, kinds: npt.NDArray[np.int64], dice: np.random.Generator) -> Numbers:
    hashes = mixed(models + np.uint64(1))
    hashes[kinds == KINDS.index("meme")] = mixed(np.array([1], np.uint64))[0]
    hashes[kinds == KINDS.index("flat")] = 0
    jittered = np.isin(kinds, [KINDS.index("near_image"), KINDS.index("meme")])
    for _ in range(4):
        flips = np.uint64(1) << dice.integers(0, 64, len(models), np.uint64)
        hashes ^= np.where(jittered & (dice.random(len(models)) < 0.5), flips, np.uint64(0))
    return hashes


def _palettes(models: Numbers, kinds: npt.NDArray[np.int64], dice: np.random.Generator) -> pa.Array:
    book = np.random.default_rng(9).integers(20, 235, (_PALETTES, _CELLS), np.uint8)
    chosen = (mixed(models) % np.uint64(_PALETTES)).astype(np.int64)
    chosen[kinds == KINDS.index("meme")] = 0
    cells = book[chosen]
    jittered = np.isin(kinds, [KINDS.index("near_image"), KINDS.index("meme")])
    cells[jittered] += dice.integers(0, 6, (int(jittered.sum()), _CELLS), np.uint8)
    flat = kinds == KINDS.index("flat")
    cells[flat] = dice.integers(0, 255, (int(flat.sum()), _CELLS), np.uint8)
    offsets = np.arange(len(models) + 1, dtype=np.int32) * _CELLS
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(cells.ravel()))
