"""Almost the same text, whatever goes with it: boilerplate captions, one article under many pictures.

Signatures of 100 MinHashes in 20 bands of 5 propose a pair of Jaccard similarity s with probability
1 - (1 - s^5)^20: 0.9996 at 0.8, 0.47 at 0.5. The similarity of the sets themselves then decides.

Source: A. Broder, "On the resemblance and containment of documents", 1997.
"""

import hashlib
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from stages.core.params import Params
from stages.core.seeds import generator
from stages.core.texts import normalised
from stages.filter.duplicates.base import Dropped, database, first_wins

_SHINGLE = 5  # characters
_BANDS, _ROWS = 20, 5
_PRIME = (1 << 31) - 1  # times a 32-bit hash, it fits 64 bits
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
    WHERE $across_sources OR later.source = earlier.source
    ORDER BY later_key, earlier_key
"""


class NearText(Params):
    """Section `near_text`.

    Attributes:
        similarity: the smallest Jaccard similarity of the sets of 5-character shingles of two duplicates.
        words: the fewest words of a text that is compared; short captions repeat by right.
        across_sources: whether texts of different sources are compared.
    """

    similarity: float = Field(default=0.8, gt=0.5, le=1)
    words: int = Field(default=8, ge=1)
    across_sources: bool = False


def near_texts(rows: pa.Table, params: NearText) -> Dropped:
    """Samples whose text is almost that of one that is kept and comes before in key order.

    Args:
        rows: columns key, source, text, words.
        params: the thresholds.
    """
    texts = rows.select(["key", "source", "text", "words"]).filter(pc.field("words") >= params.words)
    with database(texts) as connection:
        connection.execute("CREATE TABLE signatures (key VARCHAR, band INTEGER, value UBIGINT)")
        for batch in texts.to_batches(max_chunksize=_BATCH):
            connection.register("batch", signature_bands(batch))
            connection.execute("INSERT INTO signatures SELECT * FROM batch")
        candidates = connection.execute(_QUERY, {"across_sources": params.across_sources}).fetchall()
    return first_wins(
        (later, earlier)
        for later, earlier, one, other in candidates
        if similarity(one, other) >= params.similarity
    )


def signature_bands(batch: pa.RecordBatch) -> pa.Table:
    """The bands of each text's signature: columns key, band, value (a 64-bit hash of the band)."""
    rows = [
        {"key": key, "band": band, "value": int.from_bytes(_hash(hashes.tobytes(), 8), "little")}
        for key, text in zip(batch["key"].to_pylist(), batch["text"].to_pylist(), strict=True)
        for band, hashes in enumerate(signature(text).reshape(_BANDS, _ROWS))
    ]
    return pa.Table.from_pylist(rows, _SIGNATURES)


def signature(text: str) -> npt.NDArray[np.uint64]:
    """100 MinHashes: the smallest values that as many random maps x -> ax + b mod p give to the shingles."""
    hashed = b"".join(_hash(shingle.encode(), 4) for shingle in shingles(text))
    values = np.frombuffer(hashed, "<u4").astype(np.uint64)[:, np.newaxis]  # [shingles, 1]
    factors, terms = _maps()
    smallest: npt.NDArray[np.uint64] = ((values * factors + terms) % _PRIME).min(axis=0)
    return smallest


@cache
def _maps() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """The factors and terms of the maps, the same in every run and for every seed."""
    draw = generator(0, "minhash")
    return (
        draw.integers(1, _PRIME, _BANDS * _ROWS, np.uint64),
        draw.integers(0, _PRIME, _BANDS * _ROWS, np.uint64),
    )


def shingles(text: str) -> set[str]:
    """All stretches of five characters of the normalised text."""
    subject = normalised(text)
    return {subject[start : start + _SHINGLE] for start in range(max(1, len(subject) - _SHINGLE + 1))}


def similarity(one: str, other: str) -> float:
    """Jaccard similarity of the texts' shingles, from 0 to 1."""
    ours, theirs = shingles(one), shingles(other)
    return len(ours & theirs) / len(ours | theirs)


def _hash(content: bytes, size: int) -> bytes:
    return hashlib.blake2b(content, digest_size=size).digest()
