"""Which entries of a list occur in which texts, by a join in the database instead of a search of each text.

A text and an entry are cut at single spaces; an entry occurs where its pieces stand in a row. That is exactly
whether ` entry ` is a substring of ` text `, and takes a look-up per piece and length, whatever the number of
entries: half a million cost no more than ten.

Source: Xu et al., "Demystifying CLIP Data", 2023, section 3.1 and its published matching: comma, full stop,
semicolon, colon, question and exclamation mark and backtick stand apart, tabs and line ends are spaces, case
counts.
"""

import json
from pathlib import Path

import duckdb
import pyarrow as pa

from stages.core.errors import BadDataError
from stages.filter.pinned import PinnedFile
from stages.filter.selections.draws import draw

_QUERY = f"""
    CREATE OR REPLACE TEMP TABLE {{prefix}}_matches AS
    WITH texts AS (
        SELECT place, key, CASE WHEN $ignore_case THEN lower(text) ELSE text END AS text
        FROM standing WHERE split = 'train'
    ),
    pieces AS (
        SELECT place, key, string_split(
            translate(
                regexp_replace(text, '[,.;:?!`]', ' \\0 ', 'g'), chr(9) || chr(10) || chr(13), '   '
            ), ' '
        ) AS pieces FROM texts
    ),
    stretches AS (
        SELECT place, key, array_to_string(pieces[start : start + size - 1], ' ') AS entry
        FROM pieces, (SELECT DISTINCT size FROM entries) AS sizes,
            LATERAL unnest(range(1, len(pieces) - size + 2)) AS starts (start)
    )
    SELECT DISTINCT place, entry, {draw("'balance'", "key", "entry")} AS draw
    FROM stretches JOIN entries USING (entry)
"""  # noqa: S608 - the expression is ours


def match_entries(
    database: duckdb.DuckDBPyConnection, metadata: PinnedFile, seed: int, *, prefix: str, ignore_case: bool
) -> None:
    """Make the table `<prefix>_matches` of the training samples: columns place, entry, draw (in [0, 1)).

    Args:
        database: with the view `standing` of columns place, key, split, text.
        metadata: the list.
        seed: of the draws, which depend on it, on the sample's key and on the entry.
        prefix: of the table's name.
        ignore_case: whether `Paris` in a text is the entry `paris`.

    Raises:
        BadDataError: the list is missing, another file, or none.
    """
    entries = read_entries(metadata.verified())
    if ignore_case:
        entries = sorted({entry.lower() for entry in entries})
    sizes = [entry.count(" ") + 1 for entry in entries]
    database.register("entries", pa.table({"entry": entries, "size": pa.array(sizes, pa.int32())}))
    database.execute(_QUERY.format(prefix=prefix), {"seed": seed, "ignore_case": ignore_case})
    database.unregister("entries")


def read_entries(path: Path) -> list[str]:
    """The distinct entries of a list, sorted.

    Args:
        path: a JSON array of texts, as MetaCLIP publishes its list, or plain lines for any other suffix.

    Raises:
        BadDataError: it is no such list, or it is empty.
    """
    try:
        content = path.read_text(encoding="utf-8")
        lines = json.loads(content) if path.suffix == ".json" else content.split("\n")
    except ValueError as error:
        raise BadDataError(f"{path}: neither a JSON array nor lines of UTF-8 ({error})") from error
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise BadDataError(f"{path}: a JSON array of texts is expected")
    entries = sorted({line.strip() for line in lines} - {""})
    if not entries:
        raise BadDataError(f"{path}: no entries; one is expected on each line")
    return entries
