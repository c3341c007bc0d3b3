"""COCO captions: `annotations/captions_train2017.json` beside the folders `train2017`, `val2017`.

Images and annotations are two lists of one document, joined here: one item per image, its first caption the
text, the other four its tags. Documented at https://cocodataset.org/#format-data (`captions`) and #download.
Each image has the licence of its owner at Flickr, which the document names.
"""

from collections.abc import Iterator
from dataclasses import replace

from stages.ingest.items import Row
from stages.ingest.layouts.layout import Facts, Layout
from stages.ingest.layouts.licences import spdx
from stages.ingest.sources.coco import read_coco
from stages.ingest.sources.streams import Reading
from stages.ingest.sources.table import BadRow, Table

_BEGINNING = "captions_"


def _read(reading: Reading) -> Table:
    """Images lie in the folder that the document is named after: train2017 for captions_train2017.json."""
    table = read_coco(reading)
    folder = reading.path.name.partition(".")[0].removeprefix(_BEGINNING)
    return replace(table, columns=(*table.columns, "licence", "split"), rows=_rows(table, folder))


def _rows(table: Table, folder: str) -> Iterator[Row | BadRow]:
    for row in table.rows:
        if isinstance(row, BadRow):
            yield row
            continue
        file = row["file"]
        yield {
            **row,
            "file": f"../{folder}/{file}" if isinstance(file, str) else file,
            "licence": spdx(row["licence_url"]),
            "split": folder.rstrip("0123456789") or None,
        }


COCO = Layout(
    name="coco",
    kind="image",
    tree="annotations/captions_<folder>.json beside <folder>/*.jpg, such as train2017",
    manifests=("captions_*.json",),
    columns={},
    licence=None,
    language="en",
    read=_read,
    climbs=1,
    facts=Facts(
        pairs=118_287,
        item_bytes=152_000,
        archive_bytes=18_000_000_000,
        source="train2017, 18 GB for 118,287 images (https://cocodataset.org/#download)",
    ),
)
