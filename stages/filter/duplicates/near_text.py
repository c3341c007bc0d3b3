"""Almost the same text, whatever goes with it: boilerplate captions, one article under many pictures.

Signatures of 100 MinHashes in 20 bands of 5 propose a pair of Jaccard similarity s with probability
1 - (1 - s^5)^20: 0.9996 at 0.8, 0.47 at 0.5. The similarity of the sets themselves then decides.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from stages.filter.duplicates.columns import spread
from stages.filter.duplicates.near import Near
from stages.filter.minhash import bands, signatures
from stages.filter.shingles import hashed_shingles, jaccard

_BANDS, _ROWS = 20, 5


class NearText(Near):
    """Section `near_text`.

    Attributes:
        similarity: the smallest Jaccard similarity of the sets of 5-character shingles of two duplicates.
        words: the fewest words of a text that is compared; short captions repeat by right.
        across_sources: whether texts of different sources are compared.
    """

    columns: ClassVar[frozenset[str]] = frozenset({"text", "text_hash", "words"})
    inputs: ClassVar[frozenset[str]] = frozenset({"text", "words"})
    measured: ClassVar[tuple[str, ...]] = ("text",)

    similarity: float = Field(default=0.8, gt=0.5, le=1)
    words: int = Field(default=8, ge=1)
    across_sources: bool = False

    def searched(self) -> tuple[str, ...]:
        """The columns of the bands."""
        return tuple(f"text_band_{self.words}_{band:02d}" for band in range(_BANDS))

    def derive(self, rows: pa.Table) -> dict[str, pa.Array]:
        """A column for each band of the signatures of long enough texts."""
        words = np.asarray(pc.fill_null(rows["words"], 0))
        compared = np.flatnonzero(words >= self.words)
        texts = rows["text"].take(pa.array(compared)).to_pylist()
        values, starts = hashed_shingles(texts)
        found = bands(signatures(values >> np.uint64(32), starts, _BANDS * _ROWS), _ROWS)
        return {
            name: spread(column, compared, len(rows))
            for name, column in zip(self.searched(), found.T, strict=True)
        }

    def descriptors(self) -> tuple[str, ...]:
        """The same normalised text, long enough to be compared."""
        return (f"CASE WHEN words >= {self.words} THEN text_hash END",)

    def scope(self) -> tuple[str, ...]:
        """The source, if it matters."""
        return () if self.across_sources else ("source",)

    def buckets(self) -> Iterator[str]:
        """The bands."""
        return iter(self.searched())

    def near(self, later: pa.Table, earlier: pa.Table) -> npt.NDArray[np.bool_]:
        """The sets of shingles are similar."""
        return jaccard(later["text"].to_pylist(), earlier["text"].to_pylist()) >= self.similarity
