"""A card per system: its standing, the curves of its run, its figures and tables, and what is scaled down."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from markdown_it import MarkdownIt
from markupsafe import Markup

from stages.core.index import INDEX_NAME
from stages.core.reader import Shards
from stages.core.records import Sample
from stages.report.charts import Curve, draw_curve
from stages.report.claims import Standing
from stages.report.embed import Budget
from stages.report.lineage import Chain
from stages.report.measures import Measure, gather
from stages.report.samples import Shown, show
from stages.report.text import number, words
from stages.report.tree import read_csv, read_numbers, read_text

_MOST_CURVES = 8
_MOST_ROWS = 48  # of a table
_SCALED_HEADING = re.compile(r"^(#+)\s.*scaled down.*$", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Drawing:
    """A figure of an evaluation; without a link if the page cannot carry it."""

    name: str
    uri: str | None


@dataclass(frozen=True)
class Table:
    """The first rows of a table of an evaluation, with the samples that its column `key` names."""

    name: str
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]  # for each column, whether it is aligned as numbers are
    rows: tuple[tuple[str, ...], ...]
    samples: tuple[Shown | None, ...]
    more: int  # rows left out

    @property
    def illustrated(self) -> bool:
        """Whether any row shows a sample."""
        return any(sample is not None for sample in self.samples)


@dataclass(frozen=True)
class SystemCard:
    """All that the page shows of a system."""

    standing: Standing
    training: Mapping[str, float]
    measures: tuple[tuple[str, tuple[Measure, ...]], ...]  # by group
    curves: tuple[Curve, ...]
    figures: tuple[Drawing, ...]
    tables: tuple[Table, ...]
    scaled: Markup | None
    chain: Chain | None


class Library:
    """Samples of all corpora by key."""

    def __init__(self, data: Path) -> None:
        roots = sorted(path.parent for path in (data / "shards").glob(f"*/{INDEX_NAME}"))
        self._shards = [Shards(root) for root in roots]
        self._keys = [set(shards.keys) for shards in self._shards]

    def get(self, key: str) -> Sample | None:
        """The sample with this key, or None if no corpus has it."""
        for shards, keys in zip(self._shards, self._keys, strict=True):
            if key in keys:
                return shards.sample(key)
        return None


def read_card(
    root: Path, standing: Standing, chain: Chain | None, library: Library, budget: Budget
) -> SystemCard:
    """The card of a system from the repository at `root`, with whatever of it is there."""
    name = standing.name
    models, pages = root / "data" / "models" / name, root / "data" / "evals" / name / "pages"
    return SystemCard(
        standing,
        read_numbers(models / "train.json") or {},
        by_group(gather(standing.metrics)),
        read_curves(models / "curves.csv"),
        tuple(_drawing(path, budget) for path in sorted((pages / "figures").glob("*.svg"))),
        tuple(read_table(path, library, budget) for path in sorted((pages / "tables").glob("*.csv"))),
        scaled_down(read_text(root / "stages" / "systems" / name / "README.md") or ""),
        chain,
    )


def by_group(measures: Iterable[Measure]) -> tuple[tuple[str, tuple[Measure, ...]], ...]:
    """Measures with the first part of their names in common, as a table has them."""
    return tuple((group, tuple(found)) for group, found in groupby(measures, attrgetter("group")))


def read_curves(path: Path) -> tuple[Curve, ...]:
    """The curves of a run, the loss first; none if the run left none."""
    rows = read_csv(path) or []
    names = [name for name in (rows[0] if rows else ()) if name != "step"]
    names.sort(key=lambda name: (not name.startswith("loss"), name))
    curves = (
        draw_curve(
            name, [(float(row["step"]), float(row[name])) for row in rows if _is_number(row.get(name, ""))]
        )
        for name in names
    )
    return tuple(curve for curve in curves if curve is not None)[:_MOST_CURVES]


def read_table(path: Path, library: Library, budget: Budget) -> Table:
    """The first rows of a CSV table; a column `key` brings the samples and is not printed itself."""
    rows = read_csv(path) or []
    shown = rows[:_MOST_ROWS]
    columns = tuple(name for name in (rows[0] if rows else ()) if name != "key")
    numeric = tuple(all(_is_number(row[name]) for row in shown if row[name]) for name in columns)
    return Table(
        path.stem,
        columns,
        numeric,
        tuple(
            tuple(_cell(row[name], is_numeric) for name, is_numeric in zip(columns, numeric, strict=True))
            for row in shown
        ),
        tuple(_sample(row.get("key", ""), library, budget) for row in shown),
        len(rows) - len(shown),
    )


def scaled_down(readme: str) -> Markup | None:
    """The section of a system's README that says what is scaled down, as HTML; None if there is none.

    Raw HTML and pictures are left out: the page makes no request and runs nothing that a text brings.
    """
    heading = _SCALED_HEADING.search(readme)
    if heading is None:
        return None
    rest = readme[heading.end() :]
    end = re.search(rf"^#{{1,{len(heading[1])}}}\s", rest, re.MULTILINE)
    markdown = (
        MarkdownIt("commonmark", {"html": False})
        .enable("table")
        .disable(["image", "html_block", "html_inline"])
    )
    html = markdown.render(rest[: end.start()] if end else rest)
    html = html.replace("<th></th>", "<td></td>")  # the corner of a table heads nothing
    return Markup(html)  # noqa: S704  # rendered with html off


def _drawing(path: Path, budget: Budget) -> Drawing:
    return Drawing(words(path.stem), budget.take(path.read_bytes(), "svg"))


def _sample(key: str, library: Library, budget: Budget) -> Shown | None:
    sample = library.get(key) if key else None
    return show(sample, budget) if sample is not None else None


def _cell(text: str, is_numeric: bool) -> str:
    return number(float(text)) if is_numeric and text else text


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
