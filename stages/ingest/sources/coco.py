"""The JSON of COCO's captions: `images` and `annotations` joined, one row per image with all its captions.

The form is described at https://cocodataset.org/#format-data: `{"images": [{"id", "file_name", "license",
...}], "annotations": [{"id", "image_id", "caption"}], "licenses": [{"id", "url"}]}`.
"""

from collections.abc import Iterator
from typing import Any

from stages.core.errors import BadDataError
from stages.ingest.items import Row
from stages.ingest.sources.documents import objects
from stages.ingest.sources.spool import Spool
from stages.ingest.sources.streams import Reading
from stages.ingest.sources.table import BadRow, Table

_IMAGES, _ANNOTATIONS, _LICENSES = "images.item", "annotations.item", "licenses.item"
COLUMNS = ("file", "url", "text", "tags", "licence_url")
_MOST_LICENSES = 1000


def read_coco(reading: Reading) -> Table:
    """One row per image: the first caption is its text, the others are its tags.

    The document is gone through twice, for captions and for images, so that neither has to fit in memory.

    Raises:
        BadDataError: the document is damaged, has no images, or its annotations are no captions.
    """
    captions = Spool(reading.files)
    licences: dict[Any, Any] = {}
    images = 0
    for place, value in objects(reading, _IMAGES, _ANNOTATIONS, _LICENSES):
        if place == _IMAGES:
            images += 1
        elif place == _LICENSES and isinstance(value, dict) and len(licences) < _MOST_LICENSES:
            licences[str(value.get("id"))] = value.get("url")
        elif place == _ANNOTATIONS:
            _add_caption(reading, captions, value)
    if not images:
        raise BadDataError(f"{reading.path}: neither a list of objects nor an object with a list 'images'")
    captions.finish()
    return Table(COLUMNS, _rows(reading.again(), captions, licences), total=images)


def _add_caption(reading: Reading, captions: Spool, value: Any) -> None:
    if not isinstance(value, dict) or not isinstance(value.get("caption"), str):
        raise BadDataError(f"{reading.path}: annotations without 'caption'; take the file captions_*.json")
    captions.add(str(value.get("image_id")), {"caption": value["caption"]})


def _rows(reading: Reading, captions: Spool, licences: dict[Any, Any]) -> Iterator[Row | BadRow]:
    for _, image in objects(reading, _IMAGES):
        if not isinstance(image, dict):
            yield BadRow("bad_line")
            continue
        texts = [row["caption"] for row in captions.rows(str(image.get("id")))]
        yield {
            "file": image.get("file_name"),
            "url": image.get("coco_url"),
            "text": texts[0] if texts else "",
            "tags": texts[1:],
            "licence_url": licences.get(str(image.get("license"))),
        }
