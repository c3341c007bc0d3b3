"""A corpus of drawn shapes in two training styles and a held-out one, small enough to learn in seconds."""

import hashlib
import io
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image, ImageDraw

from stages.core.index import INDEX_NAME, INDEX_SCHEMA, TARS_NAME
from stages.core.records import Record, Sample
from stages.core.tars import TarWriter
from stages.systems.clip.system import ClipParams

COLOURS = ("red", "green", "blue", "black", "orange", "purple")
SHAPES = ("circle", "square", "triangle", "cross")
HELD_OUT = ("purple cross", "orange circle", "green square")
_STYLES = {"plain": 0, "bold": 4, "thin": 9}  # how far the shape stays from the border


def draw(colour: str, shape: str, inset: int) -> bytes:
    """A PNG of 32 pixels."""
    image = Image.new("RGB", (32, 32), "white")
    pen = ImageDraw.Draw(image)
    low, high = 2 + inset // 2, 29 - inset // 2
    middle = (low + high) // 2
    if shape == "circle":
        pen.ellipse((low, low, high, high), fill=colour)
    elif shape == "square":
        pen.rectangle((low, low, high, high), fill=colour)
    elif shape == "triangle":
        pen.polygon([(middle, low), (high, high), (low, high)], fill=colour)
    else:
        pen.line((low, low, high, high), fill=colour, width=5)
        pen.line((low, high, high, low), fill=colour, width=5)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def make_sample(style: str, colour: str, shape: str, split: str) -> tuple[Sample, str, str]:
    name = f"{colour} {shape}"
    content = draw(colour, shape, _STYLES[style])
    record = Record(
        key=f"{style}-{colour}-{shape}",
        source=style,
        licence="CC0-1.0",
        origin=f"drawn/{style}",
        sha256=hashlib.sha256(content).hexdigest(),
        text=name,
        language="en",
        group=name,
        tags=(f"{shape} in {colour}", colour, shape),
    )
    files = {"json": record.model_dump_json().encode(), "png": content}
    return Sample(record.key, files), style, split


def write_corpus(root: Path, samples: Sequence[tuple[Sample, str, str]]) -> None:
    """Samples with source and split as a corpus that `Shards` reads."""
    rows = []
    with TarWriter(root / TARS_NAME / "all-00000.tar") as tar:
        for sample, source, split in sorted(samples, key=lambda each: each[0].key):
            before = len(tar.members)
            tar.write(sample)
            rows += [
                (each.key, source, split, "all-00000.tar", each.file, each.offset, each.length, each.sha256)
                for each in tar.members[before:]
            ]
    names = INDEX_SCHEMA.names
    table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], INDEX_SCHEMA)
    pq.write_table(table, root / INDEX_NAME)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Small models are slower with more, and much slower on a busy machine."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of corpora, with `images` in it."""
    folder = tmp_path_factory.mktemp("shards")
    samples = []
    for style, colour, shape in product(_STYLES, COLOURS, SHAPES):
        split = "style" if style == "thin" else "train"
        split = "concepts" if f"{colour} {shape}" in HELD_OUT else split
        samples.append(make_sample(style, colour, shape, split))
    write_corpus(folder / "images", samples)
    return folder


@pytest.fixture(scope="session")
def settings() -> dict:
    """Parameters for the corpus of shapes, as params.yaml would have them."""
    return {
        "preset": "sample",
        "recipe": {
            "steps": 80,
            "batch_size": 12,
            "learning_rate": 1e-3,
            "warmup": 10,
            "clip_norm": 1.0,
            "schedule": "cosine",
            "checkpoint_every": 100,
            "log_every": 1,
        },
        "evaluation": {
            "named_by": ["plain", "bold"],
            "zero_shot": {
                "style": {"split": "style", "sources": ["thin"], "classes": "seen"},
                "concepts": {"split": "concepts", "sources": ["plain", "bold"], "classes": "own"},
            },
            "retrieval": {"style": {"split": "style", "sources": ["thin"], "size": 10}},
        },
    }


@pytest.fixture(scope="session")
def params(settings: dict) -> ClipParams:
    return ClipParams.model_validate(settings)


@pytest.fixture
def noise() -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(7))
