"""What happened to each manifest line: one row, also for those that yielded nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from stages.core.files import replacing
from stages.core.safety import BadItemError
from stages.ingest.items import Item

Status = Literal["ok", "failed", "refused"]
Retry = Literal["transient", "failed"]
Outcome = tuple[str, str, str]  # source, status, reason

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
        ("bytes", pa.int64()),  # that were read; 0 for an utterance, whose recordings serve many lines
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
    bytes: int
    sha256: str
    licence: str

    @property
    def outcome(self) -> Outcome:
        """What it is counted as."""
        return self.source, self.status, self.reason


def ok_row(item: Item, samples: int, tries: int, size: int, sha256: str) -> LedgerRow:
    """A line that yielded samples."""
    fate = ("", "", tries, samples, size, sha256)
    return LedgerRow(item.key, item.source, item.origin, "ok", *fate, item.licence)


def bad_row(item: Item, error: BadItemError, size: int = 0, sha256: str = "") -> LedgerRow:
    """A line that was set aside, and why."""
    status: Status = "refused" if error.kind == "refused" else "failed"
    fate = (error.kind, error.reason, error.tries, 0, size, sha256)
    return LedgerRow(item.key, item.source, item.origin, status, *fate, item.licence)


def write_ledger(path: Path, rows: Sequence[LedgerRow]) -> None:
    """Write a shard's ledger whole or not at all; the same rows are the same bytes."""
    table = pa.Table.from_pylist([vars(row) for row in rows], schema=LEDGER_SCHEMA)
    with replacing(path) as part:
        pq.write_table(table, part, compression="zstd")


def read_ledger(path: Path) -> list[LedgerRow]:
    """The rows of a shard's ledger, in the order of the plan."""
    return [LedgerRow(**row) for row in pq.read_table(path).to_pylist()]


def deserves_retry(row: LedgerRow, retry: Retry) -> bool:
    """Whether a line is tried again: what may have passed, or all that failed; never what was refused."""
    return row.error == "transient" or (retry == "failed" and row.status == "failed")
