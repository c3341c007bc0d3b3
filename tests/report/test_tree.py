import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.core.errors import BadDataError
from stages.report.tree import read_columns, read_csv, read_json, read_numbers, read_text


def test_what_is_not_there_is_none(tmp_path):
    path = tmp_path / "nothing"
    assert read_json(path) is None
    assert read_text(path) is None
    assert read_numbers(path) is None
    assert read_csv(path) is None
    assert read_columns(path, "key") is None


def test_columns_come_in_the_order_asked_for(tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"key": ["a", "b"], "size": [1, 2], "more": [0, 0]}), path)
    assert read_columns(path, "size", "key") == [(1, "a"), (2, "b")]


def test_a_missing_column_is_named(tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"key": ["a"]}), path)
    with pytest.raises(BadDataError, match="no column 'reason'"):
        read_columns(path, "key", "reason")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\0" * 100, b"not parquet at all"])
def test_a_damaged_table_is_named(tmp_path, content):
    path = tmp_path / "rows.parquet"
    path.write_bytes(content)
    with pytest.raises(BadDataError, match=r"rows\.parquet"):
        read_columns(path, "key")


def test_damaged_texts_are_named(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadDataError, match="no UTF-8"):
        read_text(path)
    path.write_text("x" * 20)
    with pytest.raises(BadDataError, match="larger than 10 bytes"):
        read_text(path, 10)


def test_a_ragged_csv_is_read(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('step,loss\n1\n2,0.5,spare\n3,"a ""quoted""\n\u2028one"\n')
    assert read_csv(path) == [
        {"step": "1", "loss": ""},
        {"step": "2", "loss": "0.5"},
        {"step": "3", "loss": 'a "quoted"\n\u2028one'},
    ]
