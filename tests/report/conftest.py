"""A small repository as the stages leave it: two corpora, one measured system, one that was only trained."""

import io
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from PIL import Image

from stages.core.index import INDEX_SCHEMA
from stages.core.records import Record, Sample, Segment
from stages.core.tars import TarWriter

HOSTILE = "<script>alert('owned')</script>\u202egnp.exe\x00<img src=x onerror=alert(1)>"

DVC_YAML = """
stages:
  ingest:
    foreach: ${ingest}
    do:
      cmd: exec python -m stages.ingest run ${key}
      deps: ["${item.root}"]
      outs: ["data/ingested/${key}"]
  filter:
    foreach: [speech, images]
    do:
      cmd: exec python -m stages.filter ${item}
      deps: ["data/ingested/${item}"]
      outs: ["data/filtered/${item}/decisions"]
      metrics:
        - data/filtered/${item}/funnel.json:
            cache: false
  shard:
    foreach: [speech, images]
    do:
      cmd: exec python -m stages.shard ${item}
      deps: ["data/ingested/${item}", "data/filtered/${item}/decisions"]
      outs: ["data/shards/${item}/tars", "data/shards/${item}/index.parquet"]
  train:
    foreach:
      clip: {corpus: images}
      whisper: {corpus: speech}
    do:
      cmd: exec python -m stages.train ${key}
      deps: ["data/shards/${item.corpus}/index.parquet", "data/shards/${item.corpus}/tars"]
      outs: ["data/models/${key}/weights"]
      plots:
        - data/models/${key}/curves.csv:
            cache: false
  evaluate:
    foreach:
      clip: {corpus: images}
      whisper: {corpus: speech}
    do:
      cmd: exec python -m stages.evaluate ${key}
      deps: ["data/models/${key}/weights", "data/shards/${item.corpus}/index.parquet"]
      outs: ["data/evals/${key}/pages"]
      metrics: ["data/evals/${key}/metrics.json"]
  report:
    cmd: exec python -m stages.report
    deps: [data/evals, data/filtered, data/models, data/shards]
    outs: [data/report]
"""
PARAMS_YAML = """
seed: 7
ingest:
  speech: {root: data/sample/speech}
  images: {root: data/sample/images}
filter:
  speech: {shortest: 0.3}
  images: {smallest: 32}
shard: {speech: {}, images: {}}
train: {device: auto, threads: 2}
systems:
  clip: {recipe: {steps: 300, batch_size: 64}}
  whisper: {recipe: {steps: 100}}
"""
DVC_LOCK = """
schema: '2.0'
stages:
  shard@images:
    cmd: exec python -m stages.shard images
    outs:
    - {path: data/shards/images/index.parquet, hash: md5, md5: "11111111111111111111111111111111", size: 1}
    - {path: data/shards/images/tars, hash: md5, md5: 22222222222222222222222222222222.dir, size: 1}
  train@clip:
    cmd: exec python -m stages.train clip
    deps:
    - {path: stages/core, hash: md5, md5: 44444444444444444444444444444444.dir, size: 1}
    outs:
    - {path: data/models/clip/weights, hash: md5, md5: 33333333333333333333333333333333.dir, size: 1}
"""
CLAIMS = [
    {
        "id": "clip.zero_shot",
        "sentence": "Language references concepts.",
        "paper": "76.2 % on ImageNet",
        "metric": "style/top5",
        "relation": ">",
        "reference": "style/top5_chance",
        "needs": "",
        "verdict": "holds",
    },
    {
        "id": "clip.prompts",
        "sentence": "Prompts help.",
        "paper": "+3.5 points",
        "metric": "style/prompt_gain",
        "relation": ">",
        "reference": 0.0,
        "needs": "",
        "verdict": "does not hold",
    },
    {
        "id": "clip.scale",
        "sentence": "Error falls smoothly with compute.",
        "paper": "",
        "metric": "",
        "relation": ">",
        "reference": 0.0,
        "needs": "four sizes of the model",
        "verdict": "not measured",
    },
]


def picture(index: int) -> bytes:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((37 * index % 256, 91 * index % 256, 140, 255), (8, 8 + index % 20, 56, 56))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def sound(index: int) -> bytes:
    time = np.arange(16_000) / 16_000
    buffer = io.BytesIO()
    wave = (8000 * np.sin(2 * math.pi * (200 + 20 * index) * time)).astype(np.int16)
    soundfile.write(buffer, wave, 16_000, format="FLAC", subtype="PCM_16", compression_level=0)
    return buffer.getvalue()


def image_samples() -> list[Sample]:
    samples = []
    for index in range(20):
        source = "twemoji" if index < 12 else "clipart"
        text = HOSTILE if index in (0, 1) else f"a picture of thing {index}"
        record = Record(
            key=f"{source}-{index:03}", source=source, licence="CC-BY-4.0", origin=f"links/{index}.png",
            sha256="0" * 64, text=text, group=text, tags=("first", HOSTILE, "third"), width=64, height=64,
        )  # fmt: skip
        samples.append(Sample(record.key, {"json": record.model_dump_json().encode(), "png": picture(index)}))
    return samples


def speech_samples() -> list[Sample]:
    samples = []
    for index in range(6):
        record = Record(
            key=f"digits-{index:03}", source="digits", licence="CC-BY-3.0", origin=f"voices/{index}.opus",
            sha256="0" * 64, text="deux trois", language="fr", group="deux trois", translation="two three",
            speaker="fr-june", duration=1.0,
            segments=(Segment(start=0, end=0.4, text="deux"), Segment(start=0.5, end=1.0, text="trois")),
        )  # fmt: skip
        samples.append(Sample(record.key, {"json": record.model_dump_json().encode(), "flac": sound(index)}))
    return samples


def scored_row(record: Record) -> dict[str, object]:
    return {
        **{name: getattr(record, name) for name in ("key", "source", "licence", "language", "speaker")},
        "seconds": record.duration, "width": record.width, "height": record.height,
    }  # fmt: skip


def write_corpus(data: Path, corpus: str, samples: list[Sample], reasons: dict[str, tuple[str, str]]) -> None:
    """Leave what ingest, filter and shard leave; `reasons` names the dropped keys."""
    with TarWriter(data / "ingested" / corpus / "00000.tar") as tar:
        for sample in samples:
            tar.write(sample)
    ledger = [{"key": s.key, "source": s.record.source, "status": "ok", "reason": ""} for s in samples]
    ledger.append(
        {"key": "lost", "source": samples[0].record.source, "status": "failed", "reason": "unreadable_image"}
    )
    pq.write_table(pa.Table.from_pylist(ledger), data / "ingested" / corpus / "00000.ledger.parquet")
    (data / "scored" / corpus).mkdir(parents=True)
    pq.write_table(
        pa.Table.from_pylist([scored_row(s.record) for s in samples]),
        data / "scored" / corpus / "00000.parquet",
    )
    kept = [s for s in samples if s.key not in reasons]
    dropped = [s for s in samples if s.key in reasons]
    decisions = data / "filtered" / corpus / "decisions"
    decisions.mkdir(parents=True)
    rows = [{"key": s.key, "source": s.record.source, "split": "train"} for s in kept]
    pq.write_table(pa.Table.from_pylist(rows), decisions / "kept.parquet")
    rows = [
        {"key": s.key, "source": s.record.source, "reason": reasons[s.key][0], "value": reasons[s.key][1]}
        for s in dropped
    ]
    pq.write_table(pa.Table.from_pylist(rows), decisions / "dropped.parquet")
    counts = {"in": len(samples), "kept": len(kept)}
    (data / "filtered" / corpus / "funnel.json").write_text(json.dumps(counts))
    with TarWriter(data / "shards" / corpus / "tars" / "train-00000.tar") as tar:
        for sample in kept:
            tar.write(sample)
    sources = {s.key: s.record.source for s in kept}
    index = [
        {
            "key": m.key, "source": sources[m.key], "split": "train", "shard": "train-00000.tar",
            "file": m.file, "offset": m.offset, "length": m.length, "sha256": m.sha256,
        }
        for m in tar.members
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(index, INDEX_SCHEMA), data / "shards" / corpus / "index.parquet")


def write_system(root: Path) -> None:
    """Leave what training and evaluation of clip leave, and weights alone of whisper."""
    models, evals = root / "data" / "models", root / "data" / "evals" / "clip"
    for name in ("clip", "whisper"):
        (models / name / "weights").mkdir(parents=True)
        (models / name / "weights" / "model.safetensors").write_bytes(name.encode())
    (models / "clip" / "train.json").write_text(
        json.dumps({"loss": 2.1, "parameters": 1_450_000, "step": 300})
    )
    rows = [f"{step},{5 / (1 + step / 50):.4f},{0.002 * step / 300:.6f},\n" for step in range(1, 301)]
    (models / "clip" / "curves.csv").write_text("step,loss,learning_rate,empty\n" + "".join(rows))
    (evals / "pages" / "figures").mkdir(parents=True)
    (evals / "pages" / "tables").mkdir()
    figure = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><script>alert(1)</script></svg>'
    (evals / "pages" / "figures" / "accuracy_by_style.svg").write_text(figure)
    table = f'key,rank,caption\ntwemoji-003,1,a thing\nno-such-key,2,"{HOSTILE}"\n'
    (evals / "pages" / "tables" / "retrieved.csv").write_text(table)
    (evals / "pages" / "claims.json").write_text(json.dumps(CLAIMS))
    metrics = {"style/top5": 0.125, "style/top5_chance": 0.0029, "style/prompt_gain": -0.01, "pairs": 1706}
    (evals / "metrics.json").write_text(json.dumps(metrics))
    readme = root / "stages" / "systems" / "clip" / "README.md"
    readme.parent.mkdir(parents=True)
    readme.write_text(
        "# CLIP\n\n## What is scaled down\n\n- 40 pixels, where the paper has **224**\n"
        "- <script>alert(2)</script>\n"
        "- ![spy](https://evil.example/x.png)\n\n| | paper | ours |\n|---|---|---|\n| a | b | c |\n\n"
        "## Other\n\nnot this\n"
    )


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    (root / "dvc.yaml").write_text(DVC_YAML)
    (root / "params.yaml").write_text(PARAMS_YAML)
    (root / "dvc.lock").write_text(DVC_LOCK)
    drops = {"twemoji-001": ("text_html", "1"), "twemoji-002": ("near_duplicate", "twemoji-003")}
    drops |= {f"clipart-{index:03}": ("too_small", "12") for index in range(12, 16)}
    write_corpus(root / "data", "images", image_samples(), drops)
    write_corpus(root / "data", "speech", speech_samples(), {"digits-005": ("speech_rate", "41.0")})
    write_system(root)
    return root


@pytest.fixture
def repository(template: Path, tmp_path: Path) -> Path:
    """A repository of one's own, to take things away from."""
    return Path(shutil.copytree(template, tmp_path / "repository"))
