"""Which files a manifest's name means: folders, patterns and braces, here, by http and in S3."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.core.errors import BadConfigError, BadDataError
from stages.ingest.params import IngestParams
from stages.ingest.sources.names import expand
from stages.ingest.sources.parts import Located, locate
from stages.ingest.sources.rows import read_items
from tests.ingest.material import Site, body

ROW = b"file,text\na.png,x\n"


def found(root: Path, manifest: str, **fetch: object) -> Located:
    source = {"name": "s", "manifest": manifest, "licence": "MIT"}
    params = IngestParams.model_validate(
        {"kind": "image", "root": str(root), "sources": [source], "fetch": fetch}
    )
    return locate(params, params.sources[0], root / "downloads")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """As `datasets` leaves it: parts of parquet beside notes that are no manifests."""
    data = tmp_path / "set" / "data"
    data.mkdir(parents=True)
    for number in (2, 0, 1):
        table = pa.Table.from_pylist([{"file": f"{number}.png", "text": "x"}])
        pq.write_table(table, data / f"train-{number:05d}-of-00003.parquet")
    pq.write_table(table, data / "test-00000-of-00001.parquet")
    (tmp_path / "set" / "README.md").write_text("x")
    (tmp_path / "set" / "dataset_infos.json").write_text("{}")
    (tmp_path / "set" / "LICENSE.txt").write_text("x")
    return tmp_path


@pytest.mark.parametrize(
    ("manifest", "names"),
    [
        ("set", ["test-0", "train-0", "train-1", "train-2"]),
        ("set/data/train-*.parquet", ["train-0", "train-1", "train-2"]),
        ("set/*/train-0000[01]*", ["train-0", "train-1"]),
        ("set/data/train-{00002..00000..2}-of-00003.parquet", ["train-2", "train-0"]),
        ("set/data/{test-00000-of-00001,train-00002-of-00003}.parquet", ["test-0", "train-2"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("absolute", [False, True])
def test_one_name_may_mean_several_files(tree: Path, manifest: str, names: list[str], absolute: bool) -> None:
    located = found(tree, f"{tree}/{manifest}" if absolute else manifest)
    assert [part.path.stem.partition("-of")[0].replace("0000", "") for part in located.parts] == names
    folder = located.base.folder
    assert folder is not None
    links = [item.link for item in read_items(located, 100)]
    assert {(folder / link).parent for link in links} == {tree / "set" / "data"}


@pytest.mark.parametrize(
    ("manifest", "parts"),
    [
        ("set/*.csv", ["set/*.csv", "no manifest", "README.md"]),
        ("set/data/valid-{0..2}.parquet", ["valid-0.parquet", "not found"]),
        ("nothing", ["nothing", "not found"]),
        ("../*.parquet", ["leads out of"]),
        ("../", ["leads out of"]),
    ],
)
def test_what_is_not_there_is_named_with_what_is(tree: Path, manifest: str, parts: list[str]) -> None:
    with pytest.raises(BadDataError) as caught:
        found(tree, manifest)
    assert all(part in str(caught.value) for part in ["'s'", *parts]), caught.value


def test_a_link_out_of_the_root_is_no_manifest(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "m.csv"
    outside.write_bytes(ROW)
    (tree / "set" / "trap.csv").symlink_to(outside)
    for manifest in ("set/trap.csv", "set/*.csv"):
        with pytest.raises(BadDataError, match="leads out of"):
            found(tree, manifest)


@pytest.mark.parametrize(
    ("name", "problem"), [("m-{0..200000}.csv", "more than 100000 files"), ("m-{0..5.csv", "Unbalanced")]
)
def test_braces_that_are_a_mistake_are_named(name: str, problem: str) -> None:
    with pytest.raises(BadConfigError, match=problem):
        expand(name)


def test_several_manifests_by_http(site: Site, tmp_path: Path) -> None:
    for number in range(2):
        site.answers[f"/list/part-{number}.csv"] = body(ROW)
    located = found(tmp_path, site.url("/list/part-{0..1}.csv"), allow_private=["127.0.0.1/32"])
    assert [item.link for item in read_items(located, 100)] == [site.url("/list/a.png")] * 2
    with pytest.raises(BadConfigError, match="http cannot list a folder"):
        found(tmp_path, site.url("/list/"), allow_private=["127.0.0.1/32"])


def test_a_folder_of_s3_is_listed(bucket: Any, tmp_path: Path) -> None:
    for key in ("set/data/b.csv", "set/data/a.csv", "set/notes.txt", "other/c.csv"):
        bucket.put_object(Key=key, Body=ROW)
    for manifest in ("s3://pairs/set/", "s3://pairs/set/data/*.csv", "s3://pairs/set/data/{a,b}.csv"):
        located = found(tmp_path, manifest)
        assert [part.prefix for part in located.parts] == [f"s3://pairs/set/data/{n}.csv" for n in "ab"]
        assert [item.link for item in read_items(located, 100)] == ["s3://pairs/set/data/a.png"] * 2
    with pytest.raises(BadDataError, match="found no manifest"):
        found(tmp_path, "s3://pairs/none/")
    with pytest.raises(BadDataError, match="cannot be listed"):
        found(tmp_path, "s3://no-such-bucket/set/")
