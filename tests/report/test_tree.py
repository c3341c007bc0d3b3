import pytest

from stages.core.errors import BadDataError
from stages.report.tree import read_csv, read_json, read_numbers, read_text


def test_what_is_not_there_is_none(tmp_path):
    path = tmp_path / "nothing"
    assert read_json(path) is None
    assert read_text(path) is None
    assert read_numbers(path) is None
    assert read_csv(path) is None


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
