import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.core.errors import BadDataError
from stages.report.tables import ask


def test_tables_in_parts_are_one_table(tmp_path):
    for part, keys in (("00000", ["a", "b"]), ("00001", ["c"])):
        pq.write_table(pa.table({"key": keys}), tmp_path / f"{part}.parquet")
    assert ask("SELECT key FROM rows ORDER BY key", rows=tmp_path / "*.parquet") == [("a",), ("b",), ("c",)]


def test_what_is_not_there_has_no_answer(tmp_path):
    pq.write_table(pa.table({"key": ["a"]}), tmp_path / "rows.parquet")
    question = "SELECT key FROM rows JOIN others USING (key)"
    assert ask(question, rows=tmp_path / "rows.parquet", others=tmp_path / "*.other") is None


def test_a_missing_column_is_named(tmp_path):
    pq.write_table(pa.table({"key": ["a"]}), tmp_path / "rows.parquet")
    with pytest.raises(BadDataError, match=r"rows\.parquet.*\"reason\""):
        ask("SELECT reason FROM rows", rows=tmp_path / "rows.parquet")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\0" * 100, b"not parquet at all"])
def test_a_damaged_table_is_named(tmp_path, content):
    path = tmp_path / "rows.parquet"
    path.write_bytes(content)
    with pytest.raises(BadDataError, match=r"rows\.parquet"):
        ask("SELECT key FROM rows", rows=path)
