"""Each format of manifest gives the same rows; damage is named, a bad line is only a bad line."""

import bz2
import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.errors import BadDataError
from stages.ingest.items import Row
from stages.ingest.sources.manifests import open_manifest
from stages.ingest.sources.table import BadRow

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zst": lambda content: pa.compress(content, "zstd", asbytes=True),
}
ROWS = [{"file": "a.png", "text": 'a "quoted", fine é'}, {"file": "b.png", "text": "b"}]


def rows_of(path: Path) -> list[Row | BadRow]:
    with open_manifest(path) as (table, _):
        return list(table.rows)


def write(path: Path) -> Path:
    """The rows in the format of the path's extension."""
    name = path.name
    for ending in COMPRESS:
        name = name.removesuffix(ending)
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(ROWS), path)
        return path
    if name.endswith(".jsonl"):
        text = "".join(json.dumps(row) + "\n" for row in ROWS)
    elif name.endswith(".json"):
        text = json.dumps(ROWS, indent=1)
    elif name.endswith(".tsv"):
        text = "file\ttext\n" + "".join(f"{row['file']}\t{row['text']}\n" for row in ROWS)
    else:
        text = "file,text\n" + "".join(
            f'{row["file"]},"{row["text"].replace(chr(34), chr(34) * 2)}"\n' for row in ROWS
        )
    path.write_bytes(COMPRESS.get(path.suffix, bytes)(text.encode()))
    return path


@pytest.mark.parametrize(
    "name",
    ["m.parquet", "M.JSONL"]
    + [f"m.{name}{end}" for name in ("jsonl", "json", "csv", "tsv") for end in ("", ".gz", ".bz2", ".zst")],
)
def test_each_format_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "M.JSONL":
        path = write(tmp_path / "m.jsonl").rename(path)
    else:
        write(path)
    with open_manifest(path) as (table, _):
        assert table.columns == ("file", "text")
        assert list(table.rows) == ROWS


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
    with open_manifest(path) as (table, _):
        assert table.columns == ("file", "text")


@pytest.mark.parametrize("name", ["m.md", "m", "m.parquet.gz", "m.gz"])
def test_an_unknown_format_is_named_with_those_there_are(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    with pytest.raises(BadDataError, match=r"unknown manifest format; there are \.jsonl"):
        rows_of(tmp_path / name)


@pytest.mark.parametrize("name", ["m.jsonl", "m.csv", "m.parquet", "m.jsonl.gz"])
def test_a_missing_manifest_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadDataError, match=name):
        rows_of(tmp_path / name)


@pytest.mark.parametrize(
    "name", ["m.jsonl.gz", "m.csv.gz", "m.csv.bz2", "m.tsv.zst", "m.json.zst", "m.json", "m.parquet"]
)
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


@pytest.mark.parametrize("name", ["m.jsonl", "m.csv", "m.tsv"])
def test_a_line_of_two_megabytes_is_one_bad_row(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name)
    path.write_text(path.read_text() + "x" * 2_000_000 + "\n")
    assert rows_of(path) == [*ROWS, BadRow("bad_line")]


@pytest.mark.parametrize("ending", COMPRESS)
@pytest.mark.parametrize("line", [b"a" * 9_997 + b",b\n", b" " * 10_000])
def test_a_bomb_is_stopped_before_it_is_unpacked(tmp_path: Path, ending: str, line: bytes) -> None:
    path = tmp_path / f"m.csv{ending}"
    path.write_bytes(COMPRESS[ending](b"file,text\n" + line * 16_000))
    with pytest.raises(BadDataError, match="as bombs do"), open_manifest(path) as (table, _):
        assert all(not isinstance(row, BadRow) for row in table.rows)


@pytest.mark.parametrize("ending", [".gz", ".bz2"])  # zstd may be written without a checksum
def test_flipped_bytes_in_the_middle_are_named(tmp_path: Path, ending: str) -> None:
    text = "".join(f"{number},{number * 7919 % 1000}\n" for number in range(20_000))
    content = bytearray(COMPRESS[ending](text.encode()))
    content[len(content) // 2 : len(content) // 2 + 8] = b"\xff\x00" * 4
    path = tmp_path / f"m.csv{ending}"
    path.write_bytes(content)
    with pytest.raises(BadDataError, match=f"csv{ending}: damaged"):
        rows_of(path)


def test_broken_json_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text('[{"file": "a", "text": "x"}, {"file": }, {"file": "b"}]')
    with pytest.raises(BadDataError, match=r"m\.json: broken JSON"):
        rows_of(path)


def test_a_list_may_hold_what_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text('[{"file": "a", "text": ["x"]}, 3, [{"file": "no"}], null, {"file": "b"}]')
    bad = BadRow("bad_line")
    assert rows_of(path) == [{"file": "a", "text": ["x"]}, bad, bad, bad, {"file": "b"}]


@pytest.mark.parametrize("text", ['[{"file": "%s"}]', "[%s]", '{"images": [{"id": "%s"}]}', '{"x": "%s"}'])
def test_a_value_without_end_is_not_collected(tmp_path: Path, text: str) -> None:
    path = tmp_path / "m.json"
    path.write_text(text.replace("%s", "9" * 2_000_000))
    with pytest.raises(BadDataError, match="a value of more than"):
        rows_of(path)


def test_a_list_of_links_has_no_captions(tmp_path: Path) -> None:
    path = tmp_path / "m.txt"
    path.write_text("https://a/b.jpg\n\n  c.jpg \n")
    with open_manifest(path) as (table, _):
        assert (table.columns, list(table.rows)) == (("url",), [{"url": "https://a/b.jpg"}, {"url": "c.jpg"}])


@pytest.mark.parametrize("name", ["m.jsonl.gz", "m.parquet", "m.csv"])
def test_how_far_it_is_or_how_many_rows_there_are_is_known(tmp_path: Path, name: str) -> None:
    with open_manifest(write(tmp_path / name)) as (table, reading):
        assert table.total in (None, len(ROWS))
        assert list(table.rows) == ROWS
        assert table.total or reading.share == 1


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
