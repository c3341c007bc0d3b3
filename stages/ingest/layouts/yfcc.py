"""YFCC100M: Flickr's photos under Creative Commons, with titles, descriptions and tags.

Tables without a line of names, `yfcc100m_dataset` or its ten parts `yfcc100m_dataset-0.bz2`. The first
release has 23 columns from photo id to marker, the second begins with the line number and adds a hash after
the photo id (25). Columns and their order are documented in the corpus's own README and in
https://github.com/openai/CLIP, `data/yfcc100m.md` (the first three of the second release). Texts are
URL-encoded with plus signs for spaces and may hold HTML. Videos (marker 1) are passed over as bad rows.
"""

import csv
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote_plus

from stages.core.errors import BadDataError
from stages.ingest.items import Row
from stages.ingest.layouts.layout import Facts, Layout
from stages.ingest.layouts.licences import spdx
from stages.ingest.sources.separated import read_separated
from stages.ingest.sources.streams import LONGEST_LINE, Reading
from stages.ingest.sources.table import BadRow, Table

_FIRST_RELEASE = (
    "photoid", "uid", "unickname", "datetaken", "dateuploaded", "capturedevice", "title", "description",
    "usertags", "machinetags", "longitude", "latitude", "accuracy", "pageurl", "downloadurl", "licensename",
    "licenseurl", "serverid", "farmid", "secret", "secretoriginal", "ext", "marker",
)  # fmt: skip
_SECOND_RELEASE = ("line", "photoid", "hash", *_FIRST_RELEASE[1:])
_VIDEO = "1"
_TAG = re.compile(r"<[^<>]*>")


def _read(reading: Reading) -> Table:
    """How many tabs the first line has tells the release."""
    width = next(reading.again().lines(), "").count("\t") + 1
    columns = {len(names): names for names in (_FIRST_RELEASE, _SECOND_RELEASE)}.get(width)
    if columns is None:
        raise BadDataError(
            f"{reading.path}: YFCC100M has 23 or 25 columns, this file {width}; take yfcc100m_dataset"
        )
    table = read_separated(reading, "\t", csv.QUOTE_NONE, columns)
    return Table((*columns, "text", "licence"), _rows(table))


def _rows(table: Table) -> Iterator[Row | BadRow]:
    for row in table.rows:
        if isinstance(row, BadRow):
            yield row
        elif row["marker"] == _VIDEO:
            yield BadRow("video")
        else:
            title, description = plain(row["title"]), plain(row["description"])
            yield {
                **row,
                "title": title,
                "description": description,
                "text": description or title,
                "usertags": plain(row["usertags"]),
                "licence": spdx(row["licenseurl"]),
            }


def plain(text: str) -> str:
    """A text as it was typed: its URL encoding, its markup and its double spaces undone."""
    return " ".join(unescape(_TAG.sub(" ", unquote_plus(text[:LONGEST_LINE]))).split())


YFCC = Layout(
    name="yfcc",
    kind="image",
    tree="yfcc100m_dataset, or yfcc100m_dataset-0.bz2 to -9.bz2: 23 or 25 columns between tabs",
    manifests=("yfcc100m_dataset*",),
    columns={"url": ("downloadurl",), "tags": ("usertags",), "group": ("photoid",)},
    licence=None,
    read=_read,
    facts=Facts(
        pairs=99_200_000,
        item_bytes=128_000,
        busiest_host=1 / 9,
        source="99.2 million photos; bytes by CLIP's subset, 1.9 TB for 14.8 million "
        "(https://huggingface.co/datasets/dalle-mini/YFCC100M_OpenAI_subset); the hosts are "
        "farm1 to farm9.staticflickr.com, taken to have equal shares",
    ),
)
