"""Almost the same text, whatever goes with it: boilerplate captions, one article under many pictures.

Signatures of 100 MinHashes in 20 bands of 5 propose a pair of Jaccard similarity s with probability
1 - (1 - s^5)^20: 0.9996 at 0.8, 0.47 at 0.5. The similarity of the sets themselves then decides.

Source: A. Broder, "On the resemblance and containment of documents", 1997.
"""

import hashlib

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from stages.core.params import Params
from stages.core.texts import normalised
from stages.filter.duplicates.base import Dropped, database, first_wins

_SHINGLE = 5  # characters
_BANDS, _ROWS = 20, 5
_BATCH = 4096  # texts whose signatures are in memory at once
_SIGNATURES = pa.schema([("key", pa.string()), ("band", pa.int32()), ("value", pa.uint64())])

_QUERY = """
    WITH pairs AS (
        SELECT DISTINCT later.key AS later_key, earlier.key AS earlier_key
        FROM signatures AS later JOIN signatures AS earlier USING (band, value)
        WHERE later.key > earlier.key
    )
    SELECT later_key, earlier_key, later.text, earlier.text FROM pairs
    JOIN rows AS later ON later.key = later_key
    JOIN rows AS earlier ON earlier.key = earlier_key
    ORDER BY later_key, earlier_key
"""


class NearText(Params):
    """Section `near_text`.

    Attributes:
        similarity: the smallest Jaccard similarity of the sets of 5-character shingles of two duplicates.
        words: the fewest words of a text that is compared; short captions repeat by right.
    """

    similarity: float = Field(default=0.8, gt=0.5, le=1)
    words: int = Field(default=8, ge=1)


def near_texts(rows: pa.Table, params: NearText) -> Dropped:
    """Samples whose text is almost that of one that is kept and comes before in key order.

    Args:
        rows: columns key, text, words.
        params: the thresholds.
    """
    texts = rows.select(["key", "text", "words"]).filter(pc.field("words") >= params.words)
    with database(texts) as connection:
        connection.execute("CREATE TABLE signatures (key VARCHAR, band INTEGER, value UBIGINT)")
        for batch in texts.to_batches(max_chunksize=_BATCH):
            connection.register("batch", signature_bands(batch))
            connection.execute("INSERT INTO signatures SELECT * FROM batch")
        candidates = connection.execute(_QUERY).fetchall()
    return first_wins(
        (later, earlier)
        for later, earlier, one, other in candidates
        if similarity(one, other) >= params.similarity
    )


def signature_bands(batch: pa.RecordBatch) -> pa.Table:
    """The bands of each text's MinHash signature: columns key, band, value (a 64-bit hash of the band)."""
    from datasketch import MinHash  # noqa: PLC0415 - loaded where it is used

    sets = [[shingle.encode() for shingle in sorted(shingles(text))] for text in batch["text"].to_pylist()]
    rows = [
        {"key": key, "band": band, "value": int.from_bytes(_hash(hashes.tobytes()), "little")}
        for key, signature in zip(
            batch["key"].to_pylist(), MinHash.bulk(sets, num_perm=_BANDS * _ROWS, seed=1), strict=True
        )
        for band, hashes in enumerate(signature.hashvalues.reshape(_BANDS, _ROWS))
    ]
    return pa.Table.from_pylist(rows, _SIGNATURES)


def shingles(text: str) -> set[str]:
    """All stretches of five characters of the normalised text."""
    subject = normalised(text)
    return {subject[start : start + _SHINGLE] for start in range(max(1, len(subject) - _SHINGLE + 1))}


def similarity(one: str, other: str) -> float:
    """Jaccard similarity of the texts' shingles, from 0 to 1."""
    ours, theirs = shingles(one), shingles(other)
    return len(ours & theirs) / len(ours | theirs)


def _hash(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=8).digest()
