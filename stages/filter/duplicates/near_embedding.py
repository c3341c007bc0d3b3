"""Almost the same picture to a model: embeddings of a large cosine, whatever the pixels.

Signs of projections onto random directions agree with probability 1 - angle / pi. A code of 24 signs is a
bucket, and with 64 codes a pair is proposed with probability 1 - (1 - (1 - angle / pi)^24)^64: 0.994 at a
cosine of 0.95, 0.9997 at 0.965, 0.06 at 0.7. The cosine itself then decides.

Embeddings are rounded to whole numbers and directions are of ones and minus ones: each sum is exact, so no
sign depends on the order in which a processor adds.

Source: M. Charikar, "Similarity Estimation Techniques from Rounding Algorithms", 2002.
"""

from collections.abc import Iterator
from functools import cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from stages.core.seeds import generator
from stages.filter.duplicates.columns import spread
from stages.filter.duplicates.near import Near

_CODES, _SIGNS = 64, 24
_SCALE = 16_384  # a number of an embedding of unit length becomes an int16
_BATCH = 1024  # embeddings projected at once


class NearEmbedding(Near):
    """Section `near_embedding`; samples without an embedding are like none.

    Attributes:
        cosine: the smallest of two duplicates.
        across_sources: whether pictures of different sources are compared.
    """

    inputs: ClassVar[frozenset[str]] = frozenset({"embedding"})
    measured: ClassVar[tuple[str, ...]] = ("embedding_rounded",)

    cosine: float = Field(default=0.95, ge=0.9, le=1)
    across_sources: bool = False

    def searched(self) -> tuple[str, ...]:
        """The columns of the codes."""
        return tuple(f"embedding_code_{number:02d}" for number in range(_CODES))

    def derive(self, rows: pa.Table) -> dict[str, pa.Array]:
        """The rounded embedding as bytes, and a column for each code."""
        embeddings = rows["embedding"].combine_chunks()
        compared = np.flatnonzero(embeddings.is_valid())
        values = np.asarray(embeddings.drop_null().flatten(), np.float32)
        vectors = np.rint(values * _SCALE).astype(np.int16).reshape(len(compared), -1 if len(values) else 0)
        content: list[bytes | None] = [None] * len(rows)
        for row, vector in zip(compared, vectors, strict=True):
            content[row] = vector.tobytes()
        found = np.concatenate([np.empty((0, _CODES), np.uint64), *_codes(vectors)])
        columns = zip(self.searched(), found.T, strict=True)
        codes = {name: spread(column, compared, len(rows)) for name, column in columns}
        return {"embedding_rounded": pa.array(content, pa.binary()), **codes}

    def descriptors(self) -> tuple[str, ...]:
        """The same rounded embedding."""
        return ("CASE WHEN embedding_rounded IS NOT NULL THEN md5(embedding_rounded) END",)

    def scope(self) -> tuple[str, ...]:
        """The source, if it matters."""
        return () if self.across_sources else ("source",)

    def buckets(self) -> Iterator[str]:
        """The codes."""
        return iter(self.searched())

    def near(self, later: pa.Table, earlier: pa.Table) -> npt.NDArray[np.bool_]:
        """The cosine is large enough."""
        ours, theirs = _matrix(later["embedding_rounded"]), _matrix(earlier["embedding_rounded"])
        lengths = np.sqrt((ours**2).sum(axis=1) * (theirs**2).sum(axis=1))
        near: npt.NDArray[np.bool_] = (ours * theirs).sum(axis=1) >= self.cosine * lengths
        return near


def _codes(vectors: npt.NDArray[np.int16]) -> Iterator[npt.NDArray[np.uint64]]:
    """The codes of embeddings [rows, numbers], a batch at a time: [batch, codes]."""
    places = np.uint64(1) << np.arange(_SIGNS, dtype=np.uint64)
    for start in range(0, len(vectors), _BATCH):
        part = vectors[start : start + _BATCH].astype(np.float32)
        signs = (part @ _directions(part.shape[1])).reshape(len(part), _CODES, _SIGNS) > 0
        yield (signs * places).sum(axis=2, dtype=np.uint64)


@cache
def _directions(numbers: int) -> npt.NDArray[np.float32]:
    """Directions of ones and minus ones [numbers, codes * signs], the same in every run."""
    draw = generator(0, "directions").integers(0, 2, (numbers, _CODES * _SIGNS))
    return (2 * draw - 1).astype(np.float32)


def _matrix(embeddings: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Rounded embeddings as rows [pictures, numbers]; whole numbers, so that their sums are exact."""
    content = b"".join(embeddings.to_pylist())
    return np.frombuffer(content, np.int16).reshape(len(embeddings), -1).astype(np.float64)
