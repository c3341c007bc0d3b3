"""What happened to each manifest line: one row, also for those that yielded nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from stages.core.files import replacing
from stages.core.safety import BadItemError
from stages.ingest.items import Item

Status = Literal["ok", "failed", "refused"]

LEDGER_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("source", pa.string()),
        ("origin", pa.string()),
        ("status", pa.string()),  # ok, failed, refused
        ("error", pa.string()),  # "", permanent, transient, refused: whether another try makes sense
        ("reason", pa.string()),  # "" or a short stable word
        ("tries", pa.int32()),
        ("samples", pa.int32()),  # how many came of the line
        ("sha256", pa.string()),  # of the bytes that were read, "" if none were
        ("licence", pa.string()),
    ]
)


@dataclass(frozen=True)
class LedgerRow:
    """One manifest line's fate; the fields are the columns of `LEDGER_SCHEMA`."""

    key: str
    source: str
    origin: str
    status: Status
    error: str
    reason: str
    tries: int
    samples: int
    sha256: str
    licence: str


def ok_row(item: Item, samples: int, tries: int, sha256: str) -> LedgerRow:
    """A line that yielded samples."""
    return LedgerRow(item.key, item.source, item.origin, "ok", "", "", tries, samples, sha256, item.licence)


def bad_row(item: Item, error: BadItemError, sha256: str = "") -> LedgerRow:
    """A line that was set aside, and why."""
    status: Status = "refused" if error.kind == "refused" else "failed"
    return LedgerRow(
        item.key,
        item.source,
        item.origin,
        status,
        error.kind,
        error.reason,
        error.tries,
        0,
        sha256,
        item.licence,
    )


def write_ledger(path: Path, rows: Sequence[LedgerRow]) -> None:
    """Write a shard's ledger whole or not at all; the same rows are the same bytes."""
    table = pa.Table.from_pylist([asdict(row) for row in rows], schema=LEDGER_SCHEMA)
    with replacing(path) as part:
        pq.write_table(table, part, compression="zstd")


def count_outcomes(path: Path) -> Counter[tuple[str, str]]:
    """How many lines of a ledger, by (source, reason), with the reason "ok" for those that went well."""
    columns = pq.read_table(path, columns=["source", "reason"]).to_pydict()
    return Counter(zip(columns["source"], (reason or "ok" for reason in columns["reason"]), strict=True))
