"""Which samples are duplicates, and of which one: across all shards, with the first in key order kept.

Rows are compared as sets, never in the order in which they came, so that the number of shards and workers
changes nothing.
"""

from collections.abc import Iterator

import pyarrow as pa

from stages.core.params import Params
from stages.filter.duplicates.base import Dropped
from stages.filter.duplicates.exact import Exact, exact_duplicates
from stages.filter.duplicates.images import NearImage, near_images
from stages.filter.duplicates.texts import NearText, near_texts


class Duplicates(Params):
    """Section `duplicates` of a filter; what is not there is not looked for."""

    exact: Exact | None = None
    near_image: NearImage | None = None
    near_text: NearText | None = None

    def reasons(self) -> list[str]:
        """The reasons that this section may give, in their order."""
        sections = {
            "duplicate": self.exact,
            "near_duplicate_image": self.near_image,
            "near_duplicate_text": self.near_text,
        }
        return [reason for reason, section in sections.items() if section is not None]


def find_duplicates(rows: pa.Table, params: Duplicates) -> Iterator[tuple[str, Dropped]]:
    """Look for duplicates of each kind among what the kinds before have left.

    Args:
        rows: columns key, source, text, words, text_hash, content, dhash, palette; keys are unique.
        params: which kinds, and how near.

    Yields:
        The reason, and the keys to drop with the key that is kept in their place.
    """
    if params.exact:
        dropped = exact_duplicates(rows, params.exact)
        rows = without(rows, dropped)
        yield "duplicate", dropped
    if params.near_image:
        dropped = near_images(rows, params.near_image)
        rows = without(rows, dropped)
        yield "near_duplicate_image", dropped
    if params.near_text:
        yield "near_duplicate_text", near_texts(rows, params.near_text)


def without(rows: pa.Table, dropped: Dropped) -> pa.Table:
    """The rows whose key is not dropped."""
    return rows.filter(pa.array([key not in dropped for key in rows["key"].to_pylist()], pa.bool_()))
