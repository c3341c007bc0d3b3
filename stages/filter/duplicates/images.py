"""Almost the same picture: difference hashes few bits apart, and alike in colour.

With b bits of difference allowed, the hash is cut into b + 1 bands, of which at least one is equal in each
such pair: a join on equal bands misses nothing.
"""

import pyarrow as pa
from pydantic import Field

from stages.core.params import Params
from stages.filter.duplicates.base import Dropped, database, first_wins

_BITS = 64  # of a difference hash

_QUERY = """
    WITH bands AS (
        SELECT key, dhash, band,
            (dhash >> (band * $width)::UBIGINT) & $mask::UBIGINT AS value,
            CASE WHEN $same_text THEN text_hash ELSE '' END AS text_scope,
            CASE WHEN $across_sources THEN '' ELSE source END AS source_scope
        FROM rows, range($bands) AS numbers (band)
        WHERE dhash IS NOT NULL
    ),
    pairs AS (
        SELECT DISTINCT later.key AS later_key, earlier.key AS earlier_key
        FROM bands AS later JOIN bands AS earlier USING (band, value, text_scope, source_scope)
        WHERE later.key > earlier.key AND bit_count(xor(later.dhash, earlier.dhash)) <= $bits
    )
    SELECT later_key, earlier_key FROM pairs
    JOIN rows AS later ON later.key = later_key
    JOIN rows AS earlier ON earlier.key = earlier_key
    WHERE list_max(list_transform(
        list_zip(later.palette, earlier.palette), lambda cells: abs(cells[1]::INTEGER - cells[2]::INTEGER)
    )) <= $colour
    ORDER BY later_key, earlier_key
"""


class NearImage(Params):
    """Section `near_image`.

    Attributes:
        bits: the most of the 64 bits in which the hashes of two duplicates differ.
        colour: the most in which any number of their palettes differs, of 255. It tells apart what the hash
            does not: hearts of two colours, faces of two moods, two signs in the same frame.
        same_text: whether a pair is a duplicate only if its text is the same, too.
        across_sources: whether pictures of different sources are compared.
    """

    bits: int = Field(default=4, ge=0, le=15)
    colour: int = Field(default=20, ge=0)
    same_text: bool = False
    across_sources: bool = False


def near_images(rows: pa.Table, params: NearImage) -> Dropped:
    """Pictures that look like one that is kept and comes before in key order.

    Args:
        rows: columns key, source, text_hash, dhash, palette (null for what is no picture).
        params: the thresholds.
    """
    bands = params.bits + 1
    width = min(_BITS // bands, _BITS - 1)  # a signed number carries the mask
    values = {
        "bands": bands,
        "width": width,
        "mask": (1 << width) - 1,
        "bits": params.bits,
        "colour": params.colour,
        "same_text": params.same_text,
        "across_sources": params.across_sources,
    }
    with database(rows) as connection:
        return first_wins(connection.execute(_QUERY, values).fetchall())
