"""Each format of manifest gives the same rows; damage is named, a bad line is only a bad line."""

import csv
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.errors import BadDataError
from stages.ingest.items import Row
from stages.ingest.sources.manifests import BadRow, open_manifest

ROWS = [{"file": "a.png", "text": 'a "quoted", fine é'}, {"file": "b.png", "text": "b"}]


def rows_of(path: Path) -> list[Row | BadRow]:
    with open_manifest(path) as manifest:
        return list(manifest.rows)


def write(path: Path) -> Path:
    """The rows in the format of the path's extension."""
    name = path.name.removesuffix(".gz")
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(ROWS), path)
        return path
    if name.endswith(".jsonl"):
        text = "".join(json.dumps(row) + "\n" for row in ROWS)
    elif name.endswith(".tsv"):
        text = "file\ttext\n" + "".join(f"{row['file']}\t{row['text']}\n" for row in ROWS)
    else:
        text = "file,text\n" + "".join(
            f'{row["file"]},"{row["text"].replace(chr(34), chr(34) * 2)}"\n' for row in ROWS
        )
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize(
    "name", ["m.jsonl", "m.csv", "m.tsv", "m.parquet", "m.jsonl.gz", "m.csv.gz", "m.tsv.gz", "M.JSONL"]
)
def test_each_format_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "M.JSONL":
        path = write(tmp_path / "m.jsonl").rename(path)
    else:
        write(path)
    with open_manifest(path) as manifest:
        assert manifest.columns == ("file", "text")
        assert list(manifest.rows) == ROWS


def test_tsv_has_no_quotes(tmp_path: Path) -> None:
    path = tmp_path / "m.tsv"
    path.write_text('file\ttext\na.png\t"open quote\nb.png\tclosed"\n')
    assert [row["text"] for row in rows_of(path) if not isinstance(row, BadRow)] == [
        '"open quote',
        'closed"',
    ]


def test_csv_may_hold_line_breaks_in_quotes(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text('file,text\na.png,"one\ntwo"\n')
    assert rows_of(path) == [{"file": "a.png", "text": "one\ntwo"}]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.jsonl", '{"file": "a", "text": "x"}\n{broken\n[1]\n{"file": "b", "text": "y"}\n'),
        ("m.csv", "file,text\na,x\nonly one\nthree,of,them\nb,y\n"),
        ("m.tsv", "file\ttext\na\tx\nonly one\nthree\tof\tthem\nb\ty\n"),
    ],
)
def test_a_bad_line_is_a_row_of_its_own(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    rows = rows_of(path)
    good = [{"file": "a", "text": "x"}, {"file": "b", "text": "y"}]
    assert rows == [good[0], BadRow("bad_line"), BadRow("bad_line"), good[1]]


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(b"\xef\xbb\xbffile,text\na,x\n")
    with open_manifest(path) as manifest:
        assert manifest.columns == ("file", "text")


@pytest.mark.parametrize("name", ["m.txt", "m", "m.parquet.gz", "m.json"])
def test_an_unknown_format_is_named_with_those_there_are(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    with pytest.raises(BadDataError, match=r"unknown manifest format; there are \.jsonl"):
        rows_of(tmp_path / name)


@pytest.mark.parametrize("name", ["m.jsonl", "m.csv", "m.parquet", "m.jsonl.gz"])
def test_a_missing_manifest_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadDataError, match=name):
        rows_of(tmp_path / name)


@pytest.mark.parametrize("name", ["m.jsonl.gz", "m.csv.gz", "m.parquet"])
def test_a_truncated_manifest_is_named(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name)
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(BadDataError, match=name):
        rows_of(path)


@pytest.mark.parametrize("name", ["m.csv", "m.tsv"])
def test_a_table_needs_a_head(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    with pytest.raises(BadDataError, match="first line must name the columns"):
        rows_of(tmp_path / name)


def test_a_gzip_bomb_of_one_line_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl.gz"
    path.write_bytes(gzip.compress(b" " * 50_000_000))
    with pytest.raises(BadDataError, match="a line of more than"):
        rows_of(path)


@given(
    st.lists(st.fixed_dictionaries({"file": st.text(min_size=1), "text": st.text()}), min_size=1, max_size=5)
)
def test_any_text_survives_csv_and_jsonl(rows: list[dict[str, str]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "m.jsonl")
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        assert rows_of(path) == rows
        table = Path(folder, "m.csv")
        with table.open("w", encoding="utf-8", newline="", errors="surrogatepass") as file:
            writer = csv.DictWriter(file, ["file", "text"], quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows)
        assert rows_of(table) == rows
