"""The same pixels or the same sound, whatever the file around them."""

import pyarrow as pa

from stages.core.params import Params
from stages.filter.duplicates.base import Dropped, database

_QUERY = """
    SELECT key, kept FROM (
        SELECT key, min(key) OVER (PARTITION BY content, CASE WHEN $same_text THEN text_hash END) AS kept
        FROM rows WHERE content IS NOT NULL
    )
    WHERE key <> kept
"""


class Exact(Params):
    """Section `exact`.

    Attributes:
        same_text: whether a pair is a duplicate only if its text is the same, too. Without it, a picture
            with two captions keeps the first, and a recording with two transcripts as well.
    """

    same_text: bool = False


def exact_duplicates(rows: pa.Table, params: Exact) -> Dropped:
    """Samples whose decoded content occurs before in key order.

    Args:
        rows: columns key, content (null is equal to nothing), text_hash.
        params: the conditions.
    """
    with database(rows) as connection:
        return dict(connection.execute(_QUERY, {"same_text": params.same_text}).fetchall())
