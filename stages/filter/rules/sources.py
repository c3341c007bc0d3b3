"""A rule about whole sources, by what a first model made of them."""

from functools import lru_cache

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from stages.core.errors import BadDataError
from stages.filter.pinned import PinnedFile
from stages.filter.rules.base import Rule, Verdict

ERROR_RATES = pa.schema([("source", pa.string()), ("samples", pa.int64()), ("error_rate", pa.float64())])
"""What an audit writes: one row per source, the mean word error rate of a first model over its samples."""


class SourceErrorRate(Rule):
    """Drop whole sources on which a first model errs so much that their transcripts must be at fault.

    They are partly transcribed, misaligned, or left-over machine captions. A person looks at the table,
    sorted by error rate times size, before a threshold is set. Source: Radford et al., "Robust Speech
    Recognition via Large-Scale Weak Supervision", 2022, section 2.1.

    Attributes:
        table: a parquet file with the columns of ERROR_RATES.
        highest: error rate to keep; 1 is as many errors as words.
        samples: the fewest by which a source is judged.
    """

    columns = frozenset({"source"})

    table: PinnedFile
    highest: float = Field(gt=0)
    samples: int = Field(default=100, ge=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the source's error rate.

        Raises:
            BadDataError: the table is missing, another file, or has other columns.
        """
        table = _read(self.table)
        known = table[table["samples"] >= self.samples].set_index("source")["error_rate"]
        rate = rows["source"].map(known).astype(float)
        return Verdict(rate > self.highest, rate)


@lru_cache(maxsize=8)  # asked for each table of a corpus
def _read(file: PinnedFile) -> pd.DataFrame:
    path = file.verified()
    try:
        table = pq.read_table(path, columns=ERROR_RATES.names).cast(ERROR_RATES)
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise BadDataError(f"{path}: no table of source, samples, error_rate ({error})") from error
    rows: pd.DataFrame = table.to_pandas()
    if rows["source"].duplicated().any():
        raise BadDataError(f"{path}: a source is there twice; one row per source is expected")
    return rows
