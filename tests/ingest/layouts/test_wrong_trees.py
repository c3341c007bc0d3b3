"""What is not as a layout expects it is one error that says what was expected where, and what is there."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from stages.core.errors import BadDataError
from stages.ingest.items import Item
from stages.ingest.layouts import LAYOUTS
from stages.ingest.params import IngestParams, Source
from stages.ingest.sources.parts import locate
from stages.ingest.sources.rows import read_items


def items(root: Path, layout: str, manifest: str = "corpus", **more: Any) -> list[Item]:
    source = {"name": "s", "layout": layout, "manifest": manifest, "licence": "MIT", **more}
    kind = LAYOUTS[layout].kind
    params = IngestParams.model_validate({"kind": kind, "root": str(root), "sources": [source]})
    return list(read_items(locate(params, params.sources[0], root / "downloads"), 100))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_folder_without_its_manifests_says_what_was_expected(tmp_path: Path, layout: str) -> None:
    (tmp_path / "corpus" / "deep").mkdir(parents=True)
    (tmp_path / "corpus" / "deep" / "notes.md").write_text("x")
    kind = LAYOUTS[layout].kind or "image"
    source = {"name": "s", "layout": layout, "manifest": "corpus"}
    params = IngestParams.model_validate({"kind": kind, "root": str(tmp_path), "sources": [source]})
    with pytest.raises(BadDataError) as caught:
        locate(params, params.sources[0], tmp_path)
    for part in ("corpus", "'s'", layout, LAYOUTS[layout].tree, "deep/notes.md"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("layout", "name", "content", "parts"),
    [
        ("mls", "mls_klingon/dev/transcripts.txt", "a_b_c\tx\n", ["klingon", "german", "transcripts.txt"]),
        ("yfcc", "yfcc100m_dataset", "1\t2\t3\n", ["23 or 25", "3"]),
        ("coco", "captions_x.json", '{"images": [{"id": 1}], "annotations": [{}]}', ["captions_"]),
        ("coco", "captions_x.json", '{"videos": []}', ["images"]),
        ("common_voice", "de/train.tsv", "client_id\tpath\n1\ta.mp3\n", ["'sentence'", "client_id, path"]),
    ],
)  # fmt: skip
def test_what_a_manifest_lacks_is_named(
    tmp_path: Path, layout: str, name: str, content: str, parts: list[str]
) -> None:
    path = tmp_path / "corpus" / name
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(BadDataError) as caught:
        items(tmp_path, layout)
    assert all(part in str(caught.value) for part in [str(path), *parts]), caught.value


@pytest.mark.parametrize(
    ("layout", "name", "lines"),
    [
        ("librispeech", "a/1/2/1-2.trans.txt", ["1-2-0 YES", "", "1-2-1", "../../x NO", "1-2-2 YES"]),
        ("mls", "mls_polish/dev/transcripts.txt", ["1_2_3\ttak", "1_2\tno", "../x_y_z\tno", "1_2_4\ttak"]),
        ("fleurs", "de/dev.tsv", ["1\ta\tb\tc\td\t9\tM", "", "1\ta", "x" * 2_000_000, "2\ta\tb\tc\td\t9\tM"]),
    ],
)  # fmt: skip
def test_a_bad_line_is_only_a_bad_line(tmp_path: Path, layout: str, name: str, lines: list[str]) -> None:
    path = tmp_path / "corpus" / name
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(lines) + "\n")
    problems = [item.problem for item in items(tmp_path, layout)]
    assert problems[0] is None
    assert problems[-1] is None
    assert set(problems[1:-1]) == {"bad_line"}


def test_an_unknown_layout_is_named_with_those_there_are() -> None:
    with pytest.raises(ValidationError, match=r"no layout 'libri'; there are laion, .*webdataset"):
        Source(name="s", manifest="m", layout="libri")


def test_a_layout_of_the_other_kind_is_refused() -> None:
    source = {"name": "s", "manifest": "m", "layout": "librispeech"}
    with pytest.raises(ValidationError, match="'s' has a layout of audio, the corpus is of image"):
        IngestParams.model_validate({"kind": "image", "root": ".", "sources": [source]})


def test_the_images_of_a_lone_captions_file_are_found_and_nothing_above(tmp_path: Path) -> None:
    path = tmp_path / "coco" / "annotations" / "captions_val2017.json"
    path.parent.mkdir(parents=True)
    images = [{"id": 1, "file_name": name} for name in ("1.jpg", "../../secret.jpg")]
    path.write_text(json.dumps({"images": images, "annotations": [{"image_id": 1, "caption": "x"}]}))
    source = {"name": "s", "layout": "coco", "manifest": str(path), "licence": "MIT"}
    params = IngestParams.model_validate({"kind": "image", "root": "/nowhere", "sources": [source]})
    located = locate(params, params.sources[0], tmp_path)
    assert located.base.folder == tmp_path / "coco"
    assert [item.link for item in read_items(located, 100)] == ["val2017/1.jpg", "../secret.jpg"]
