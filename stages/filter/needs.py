"""Was what is asked measured at all?

A rule about a feature that nobody computed would keep everything, in silence. Only the footers of the
tables are read.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stages.core.errors import BadConfigError, BadDataError
from stages.filter.params import FilterParams

COMPUTED_BY: Mapping[str, str] = {
    "clip_score": "clip",
    "embedding": "clip",
    "faces": "faces",
    "nsfw": "nsfw",
    "watermark": "watermark",
}
"""Features that `score` leaves null unless a model is given, and its key below `score.<corpus>.models`."""


def needed(params: FilterParams) -> dict[str, list[str]]:
    """What must have been computed for a filter: feature to the reasons that rest on it."""
    needs = {reason: rule.needs() for reason, rule in params.rules.asked().items()}
    needs |= {
        reason: comparison.columns | comparison.inputs for reason, comparison in params.comparisons().items()
    }
    by_feature = {name: [reason for reason, names in needs.items() if name in names] for name in COMPUTED_BY}
    return {name: reasons for name, reasons in by_feature.items() if reasons}


def check_computed(paths: Iterable[Path], params: FilterParams, corpus: str) -> None:
    """Refuse a filter that asks about a feature which is null in every row.

    Args:
        paths: of the scored tables.
        params: what is asked.
        corpus: its name, for the message.

    Raises:
        BadConfigError: names the feature, the rules that need it, and the parameter to set.
        BadDataError: a table is no parquet file.
    """
    missing = needed(params)
    if not missing:
        return
    rows = 0
    for path in paths:
        footer = _footer(path)
        rows += footer.num_rows
        missing = {name: reasons for name, reasons in missing.items() if name not in _filled(footer)}
    if rows and missing:
        raise BadConfigError("; ".join(_message(name, reasons, corpus) for name, reasons in missing.items()))


def _footer(path: Path) -> pq.FileMetaData:
    try:
        return pq.read_metadata(path)
    except pa.ArrowInvalid as error:
        raise BadDataError(f"{path}: no parquet file; run `dvc repro score`") from error


def _filled(footer: pq.FileMetaData) -> set[str]:
    """The columns of a table with a value in any row, as far as its statistics tell."""
    filled = set()
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        for column in map(group.column, range(group.num_columns)):
            known = column.statistics
            if known is None or not known.has_null_count or known.null_count < column.num_values:
                filled.add(column.path_in_schema.split(".")[0])
    return filled


def _message(feature: str, reasons: list[str], corpus: str) -> str:
    return (
        f"filter.{corpus}: {', '.join(reasons)} needs the feature {feature}, which no sample of "
        f"data/scored/{corpus} has; set score.{corpus}.models.{COMPUTED_BY[feature]} and run "
        f"`dvc repro score@{corpus}`"
    )
