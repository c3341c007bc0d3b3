"""Labels that a person gave: a csv file with the columns `key` and `unwanted` (0 or 1)."""

from pathlib import Path

import pandas as pd

from stages.core.errors import BadDataError

_FLAGS = {"0": False, "1": True}


def read_labels(path: Path) -> dict[str, bool]:
    """Whether each labelled sample is unwanted, by key.

    Raises:
        BadDataError: the file is missing or no such table; the column or the line is named.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise BadDataError(f"{path}: cannot be read as csv ({error})") from error
    if missing := {"key", "unwanted"} - set(table.columns):
        raise BadDataError(f"{path}: no column {', '.join(sorted(missing))}; key and unwanted are expected")
    odd = ~table["unwanted"].isin(_FLAGS)
    if odd.any():
        row = int(odd.to_numpy().argmax())
        raise BadDataError(f"{path}: line {row + 2}: unwanted is {table['unwanted'][row]!r}, expected 0 or 1")
    if table["key"].duplicated().any():
        raise BadDataError(f"{path}: {table['key'][table['key'].duplicated()].iloc[0]!r} is labelled twice")
    return dict(zip(table["key"], table["unwanted"].map(_FLAGS), strict=True))
