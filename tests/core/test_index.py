"""The index by columns: samples found across batches, names stored once, row groups of one size."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core import index as module
from stages.core.index import INDEX_NAME, INDEX_SCHEMA, Index, IndexWriter, read_index

ROW = {"source": "web", "split": "train", "shard": "a.tar", "sha256": "0" * 64}


def rows(files: list[int]) -> pa.Table:
    """An index of samples with these numbers of files."""
    made = [
        ROW | {"key": f"k{n}", "file": f"f{i}", "offset": 512 * (n + i), "length": n}
        for n, count in enumerate(files)
        for i in range(count)
    ]
    return pa.Table.from_pylist(made, INDEX_SCHEMA)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 4), max_size=20), st.integers(1, 7))
def test_samples_are_found_wherever_batches_end(files: list[int], size: int) -> None:
    table = rows(files)
    index = Index(iter(table.to_batches(size)))
    assert index.keys.to_pylist() == [f"k{n}" for n in range(len(files))]
    for n, count in enumerate(files):
        expected = [(f"f{i}", 512 * (n + i), n) for i in range(count)]
        assert list(index.files(n)) == expected


def test_names_are_counted_and_looked_up() -> None:
    table = rows([2, 2, 1]).set_column(1, "source", pa.array(["web", "web", "books", "books", "web"]))
    index = Index(iter(table.to_batches()))
    assert index.source.counts() == {"books": 1, "web": 2}
    assert index.source.isin(["web", "nowhere"]).tolist() == [True, False, True]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 25), max_size=8))
def test_row_groups_have_one_size_whatever_comes(
    tmp_path_factory: pytest.TempPathFactory, parts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("index")
    table = rows([1] * sum(parts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_ROW_GROUP", 10)
        start = 0
        with IndexWriter(folder / INDEX_NAME) as writer:
            for part in parts:
                writer.write(table.slice(start, part))
                start += part
    with pq.ParquetFile(folder / INDEX_NAME) as file:
        sizes = [file.metadata.row_group(n).num_rows for n in range(file.metadata.num_row_groups)]
        assert file.read().equals(table)
    assert sizes[:-1] == [10] * (sum(parts) // 10)
    assert read_index(folder).keys.to_pylist() == table["key"].to_pylist()


def test_an_error_leaves_no_index(tmp_path: Path) -> None:
    def broken() -> pa.Table:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), IndexWriter(tmp_path / INDEX_NAME) as writer:
        writer.write(broken())
    assert list(tmp_path.iterdir()) == []
