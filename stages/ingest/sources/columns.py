"""Our fields by a manifest's names for them."""

from collections.abc import Mapping
from pathlib import Path

from stages.core.errors import BadDataError
from stages.ingest.layouts.layout import Layout
from stages.ingest.params import ITEM_FIELDS, Source
from stages.ingest.sources.table import Table


def map_columns(source: Source, layout: Layout | None, path: Path, table: Table) -> dict[str, str]:
    """Our field to the manifest's column: by params.yaml, else by the layout, else by the same name.

    Without any column for the link, the one column that holds files themselves is taken.

    Raises:
        BadDataError: a column that is named in params.yaml, or the text or the link, does not exist.
    """
    there = set(table.columns)
    by_layout = layout.columns if layout else {}
    columns = {field: field for field in ITEM_FIELDS & there}
    for field, names in by_layout.items():
        if found := next((name for name in names if name in there), None):
            columns[field] = found
    if "file" not in columns and "url" not in columns and len(table.embedded) == 1:
        columns["file"] = next(iter(table.embedded))
    columns |= source.columns
    for field, names in _needed(source, by_layout, columns).items():
        if not there & set(names):
            raise BadDataError(
                f"{path}: source '{source.name}' needs column {' or '.join(map(repr, names))} (for {field}), "
                f"but there are only: {', '.join(table.columns) or 'none'}; map it under columns"
            )
    return columns


def _needed(
    source: Source, by_layout: Mapping[str, tuple[str, ...]], columns: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Which columns must exist, and their possible names: those of params.yaml, the text and the link."""
    needed: dict[str, tuple[str, ...]] = {field: (column,) for field, column in source.columns.items()}
    needed |= {f"where.{column}": (column,) for column in source.where}
    if "text" not in columns and "segments" not in columns:
        needed["text"] = by_layout.get("text", ("text",))
    if "file" not in columns and "url" not in columns:
        field = "url" if "url" in by_layout else "file"
        needed[field] = by_layout.get(field, (field,))
    return needed
