"""Each corpus of pictures, in its own file tree, comes out with its captions and licences."""

import pytest

from tests.ingest.layouts.conftest import Ingested

UNKNOWN = "LicenseRef-unknown"


@pytest.mark.parametrize(
    ("source", "texts", "language", "licence"),
    [
        ("laion", ["Alt 0", "Alt 1"], "fr", UNKNOWN),
        ("datacomp", ["A pool"], "und", UNKNOWN),
        ("cc3m", ['a "quoted caption'], "en", UNKNOWN),
        ("cc12m", ["<PERSON> at the sea"], "en", UNKNOWN),
        ("coyo", ["A dog"], "en", UNKNOWN),
        ("yfcc", ["A quiet lake"], "und", "CC-BY-2.0"),
    ],
)
def test_corpora_of_links(
    pictures_of_all: Ingested, source: str, texts: list[str], language: str, licence: str
) -> None:
    found = pictures_of_all.records(source)
    assert [(record.text, record.language, record.licence) for record in found] == [
        (text, language, licence) for text in texts
    ]
    assert all(record.origin.startswith("http://127.0.0.1:") for record in found)


def test_a_video_of_yfcc_is_passed_over(pictures_of_all: Ingested) -> None:
    assert pictures_of_all.reasons("yfcc") == ["", "video"]
    (record,) = pictures_of_all.records("yfcc")
    assert (record.tags, record.group) == (("lake", "quiet water"), "1234")


def test_coco_has_one_item_per_image_with_all_its_captions(pictures_of_all: Ingested) -> None:
    first, second = pictures_of_all.records("coco")
    assert (first.text, first.tags) == ("Caption 1 of 9.", ("Caption 3 of 9.", "Caption 4 of 9."))
    assert (second.text, second.tags) == ("Caption 0 of 25.", ("Caption 2 of 25.",))
    assert (first.licence, second.licence) == (
        "CC-BY-NC-ND-2.0",
        "LicenseRef-no-known-copyright-restrictions",
    )
    assert (first.origin, first.split) == ("coco/train2017/000000000009.jpg", "train")
    assert pictures_of_all.reasons("coco") == ["", "", "empty_text"]
