"""A corpus of tone 'words' in a folder of shards: small, fast, and with exact times."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.core.audio import encode_flac
from stages.core.index import INDEX_NAME, INDEX_SCHEMA, TARS_NAME
from stages.core.records import Record, Sample, Segment
from stages.core.reserved import is_reserved
from stages.core.tars import TarWriter
from stages.systems.whisper.system import System, WhisperParams

RATE = 16_000
WORDS = {
    "en": (("one", "one"), ("two", "two"), ("three", "three")),
    "fr": (("un", "one"), ("deux", "two"), ("trois", "three")),
}


def tone(language, number, seconds=0.3):
    """A word as a chord that no other word of the two languages has."""
    time = np.arange(int(seconds * RATE)) / RATE
    base = 300 if language == "en" else 450
    return (0.3 * np.sin(2 * np.pi * base * (number + 1) * time) * np.hanning(len(time))).astype(np.float32)


def sample(key, language, numbers, split, source="digits"):
    parts, segments, position = [np.zeros(800, np.float32)], [], 800
    for number in numbers:
        wave = tone(language, number)
        start, position = position, position + len(wave)
        segments.append(Segment(start=start / RATE, end=position / RATE, text=WORDS[language][number][0]))
        parts += [wave, np.zeros(1600, np.float32)]
        position += 1600
    audio = np.concatenate(parts)
    record = Record(
        key=key,
        source=source,
        licence="CC0-1.0",
        origin="tones",
        sha256="0" * 64,
        text=" ".join(WORDS[language][number][0] for number in numbers),
        language=language,
        group=key,
        split=split,
        translation=" ".join(WORDS[language][number][1] for number in numbers),
        speaker=f"{language}-tone",
        segments=tuple(segments) if source != "captions" else (),
        duration=len(audio) / RATE,
    )
    return record, Sample(key, {"json": record.model_dump_json().encode(), "flac": encode_flac(audio)})


def write_shards(root, samples):
    """Samples by split into tars with an index, as the shard stage does."""
    rows = []
    for split in sorted({record.split for record, _ in samples}):
        shard = f"{split}-00000.tar"
        with TarWriter(root / TARS_NAME / shard) as tar:
            for record, each in samples:
                if record.split == split:
                    tar.write(each)
        sources = {record.key: record.source for record, _ in samples}
        rows += [
            {
                "key": member.key,
                "source": sources[member.key],
                "split": split,
                "shard": shard,
                "file": member.file,
                "offset": member.offset,
                "length": member.length,
                "sha256": member.sha256,
            }
            for member in tar.members
        ]
    pq.write_table(pa.Table.from_pylist(rows, schema=INDEX_SCHEMA), root / INDEX_NAME)


def all_strings(language, longest):
    """Every string of up to `longest` words as (numbers, text)."""
    strings = [(number,) for number in range(3)]
    for length in range(2, longest + 1):
        strings += [tuple(map(int, np.base_repr(n, 3).zfill(length))) for n in range(3**length)]
    return [(numbers, " ".join(WORDS[language][number][0] for number in numbers)) for numbers in strings]


@pytest.fixture(scope="session")
def shards(tmp_path_factory):
    """data/shards with a corpus `speech`: a train split, held-out strings, a held-out 'speaker'."""
    root = tmp_path_factory.mktemp("shards")
    samples = []
    for language in WORDS:
        for number, (numbers, text) in enumerate(all_strings(language, 3)):
            split = "strings" if is_reserved(language, text) else "train"
            samples.append(sample(f"{language}-{number:03d}", language, numbers, split))
    samples += [sample(f"new-{number}", "fr", (number, 0), "speakers", "voices") for number in range(3)]
    samples.append(sample("caption", "en", (0, 1, 2), "train", "captions"))
    write_shards(root / "speech", samples)
    return root


def make_params(**changes):
    recipe = {
        "steps": 40,
        "batch_size": 4,
        "learning_rate": 3e-3,
        "schedule": "constant",
        "checkpoint_every": 20,
        "log_every": 10,
    }
    curriculum = {
        "phases": [{"until": 0.5, "words": 1}, {"until": 1, "words": 3}],
        "sources": {"digits": 1.0},
        "joined": 0.5,
        "translate": 0.25,
        "timed": 0.2,
        "silent": 0.05,
        "whole_window": 0.2,
    }
    return WhisperParams.model_validate(
        {
            "preset": "sample",
            "vocabulary": 280,
            "position_scale": 0.3,
            "label_smoothing": 0.0,
            "recipe": {**recipe, **changes.pop("recipe", {})},
            "curriculum": {**curriculum, **changes.pop("curriculum", {})},
            "augment": changes.pop("augment", {}),
            **changes,
        }
    )


@pytest.fixture(scope="session")
def system(shards):
    return System(make_params(), 1, shards)
