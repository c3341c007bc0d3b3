"""Ten times the lines take the same memory, whatever the format."""

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.ingest.sources.manifests import open_manifest

FEW, MANY = 3_000, 30_000


def rows(count: int) -> Iterator[dict[str, str]]:
    return ({"file": f"https://host{number}/{number}.jpg", "text": f"No {number}"} for number in range(count))


def write(path: Path, count: int) -> Path:
    name = path.name
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(list(rows(count))), path, row_group_size=1000)
        return path
    if ".csv" in name:
        text = "file,text\n" + "".join(f"{row['file']},{row['text']}\n" for row in rows(count))
    elif name.endswith(".coco.json"):
        images = [{"id": number, "file_name": row["file"]} for number, row in enumerate(rows(count))]
        captions = [{"image_id": number, "caption": row["text"]} for number, row in enumerate(rows(count))]
        text = json.dumps({"images": images, "annotations": captions})
    elif ".jsonl" in name:
        text = "".join(json.dumps(row) + "\n" for row in rows(count))
    else:
        text = json.dumps(list(rows(count)))
    content = text.encode()
    path.write_bytes(pa.compress(content, "zstd", asbytes=True) if name.endswith(".zst") else content)
    return path


def peak(path: Path) -> int:
    """Bytes of Python objects at the highest, and how many rows were read by it."""
    tracemalloc.start()
    with open_manifest(path) as (table, _):
        count = sum(1 for _ in table.rows)
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count in (FEW, MANY)
    return highest


@pytest.mark.parametrize("name", ["m.csv", "m.csv.zst", "m.jsonl", "m.json", "m.coco.json", "m.parquet"])
def test_memory_does_not_grow_with_the_lines(tmp_path: Path, name: str) -> None:
    few = peak(write(tmp_path / f"few-{name}", FEW))
    many = peak(write(tmp_path / f"many-{name}", MANY))
    assert many < few + 400_000


def test_the_shards_of_a_plan_are_made_as_they_are_asked_for(tmp_path: Path) -> None:
    from stages.ingest.params import IngestParams
    from stages.ingest.plan import Tasks

    params = IngestParams.model_validate({"kind": "image", "root": ".", "sources": []})
    tasks = Tasks(tmp_path, params, {}, 400_000)
    assert (len(tasks), tasks[-1].number, tasks[7].plan.name) == (400_000, 399_999, "00007.jsonl")
    assert [task.number for task in tasks[2:5]] == [2, 3, 4]
    with pytest.raises(IndexError):
        tasks[400_000]
