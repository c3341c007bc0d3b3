"""Files that a parquet manifest holds itself: never in the plan, read one by one by the worker."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.errors import BadDataError
from stages.core.safety import BadItemError
from stages.core.tars import read_samples
from stages.ingest.items import Embedded
from stages.ingest.params import IngestParams
from stages.ingest.run import ingest
from stages.ingest.sources.cells import Cells
from tests.ingest.material import flac_bytes, png_bytes

STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def write(path: Path, contents: list[bytes | None], column: str = "image", group: int = 7) -> Path:
    """As `datasets` writes it: a struct of bytes and path beside the texts, in small row groups."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files = [
        None if content is None else {"bytes": content, "path": f"{n}.png"}
        for n, content in enumerate(contents)
    ]
    table = pa.table({column: pa.array(files, STRUCT), "text": [f"No {n}" for n in range(len(files))]})
    pq.write_table(table, path, row_group_size=group)
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write(tmp_path / "m.parquet", [b"%d" % number for number in range(40)])


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(st.integers(0, 39), min_size=1, max_size=12))
def test_any_order_gives_the_right_bytes(tmp_path_factory: pytest.TempPathFactory, rows: list[int]) -> None:
    path = tmp_path_factory.getbasetemp() / "cells.parquet"
    if not path.exists():
        write(path, [b"%d" % number for number in range(40)])
    cells = Cells()
    try:
        read = [cells.read(Embedded(path=str(path), column="image", row=row), 100) for row in rows]
    finally:
        cells.close()
    assert read == [b"%d" % row for row in rows]


@pytest.mark.parametrize(
    ("row", "content", "reason"),
    [(0, b"", "empty_file"), (0, b"x" * 101, "too_large"), (0, None, "no_bytes")],
)
def test_a_cell_without_a_usable_file_is_set_aside(
    tmp_path: Path, row: int, content: bytes | None, reason: str
) -> None:
    path = write(tmp_path / "m.parquet", [content, b"fine"])
    cells = Cells()
    with pytest.raises(BadItemError, match=reason):
        cells.read(Embedded(path=str(path), column="image", row=row), 100)
    assert cells.read(Embedded(path=str(path), column="image", row=1), 100) == b"fine"
    cells.close()


@pytest.mark.parametrize("damage", ["truncated", "missing", "shorter", "other"])
def test_a_manifest_that_has_changed_is_named(table: Path, damage: str) -> None:
    place = {"path": str(table), "column": "image", "row": 39}
    if damage == "truncated":
        table.write_bytes(table.read_bytes()[:-30])
    elif damage == "missing":
        table.unlink()
    else:
        place |= {"row": 40} if damage == "shorter" else {"column": "audio"}
    with pytest.raises(BadDataError, match=r"m\.parquet"):
        Cells().read(Embedded.model_validate(place), 100)


@pytest.mark.parametrize(("kind", "column"), [("image", "image"), ("audio", "audio")])
def test_a_tree_of_datasets_is_ingested_and_nothing_is_inlined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, column: str
) -> None:
    monkeypatch.setenv("TENFOLD_WORKERS", "1")
    make: Any = (lambda n: png_bytes((n, 0, 0))) if kind == "image" else (lambda n: flac_bytes(0.2 + n / 50))
    contents = [make(number) for number in range(6)]
    for part in range(2):
        name = f"train-{part:05d}-of-00002.parquet"
        write(tmp_path / "set" / "data" / name, [*contents[part * 3 : part * 3 + 3], None], column, 2)
    source = {"name": "set", "manifest": "set", "licence": "MIT"}
    params = IngestParams.model_validate({"kind": kind, "root": str(tmp_path), "sources": [source]})
    ingest("c", params, 3, lambda _: None, work=tmp_path / "work", out=tmp_path / "out")
    (tar,) = (tmp_path / "out" / "c").glob("*.tar")
    records = [sample.record for sample in read_samples(tar)]
    assert [record.text for record in records] == ["No 0", "No 1", "No 2"] * 2
    assert records[4].origin == "set/data/train-00001-of-00002.parquet#1"
    assert len({record.sha256 for record in records}) == 6
    (ledger,) = (tmp_path / "out" / "c").glob("*.ledger.parquet")
    assert pq.read_table(ledger)["reason"].to_pylist() == ["", "", "", "no_bytes"] * 2


def test_the_plan_holds_no_bytes(tmp_path: Path) -> None:
    from stages.ingest.plan import make_plan

    write(tmp_path / "m.parquet", [b"\x89PNG secret %d" % number for number in range(5)])
    source = {"name": "set", "manifest": "m.parquet", "licence": "MIT"}
    params = IngestParams.model_validate({"kind": "image", "root": str(tmp_path), "sources": [source]})
    (tmp_path / "work").mkdir()
    folder, tasks = make_plan(params, 1, tmp_path / "work")
    assert len(tasks) == 1
    assert not any(b"secret" in path.read_bytes() for path in folder.rglob("*") if path.is_file())
