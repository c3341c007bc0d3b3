"""The table of results on a terminal: all ten systems, what was measured, and where to look."""

from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stages.report.claims import Standing, read_standings
from stages.report.measures import Measure
from stages.report.text import number

PAGE = Path("data/report/index.html")
_WHERE = f"""\
The report  {PAGE}
Curves      make ui   (or: mlflow ui --backend-store-uri sqlite:///data/work/mlflow.db)"""


def print_summary(data: Path, console: Console) -> None:
    """Print the results below `data`: a table on a terminal, one plain line per number elsewhere."""
    standings = read_standings(data)
    if console.is_terminal:
        console.print(results_table(standings))
    else:
        for line in (line for standing in standings for line in plain_lines(standing)):
            console.print(line, soft_wrap=True, highlight=False, markup=False)
    console.print(_WHERE, soft_wrap=True, highlight=False, markup=False)


def results_table(standings: list[Standing]) -> Table:
    """The results as a table that adapts to the terminal's width."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
    table.add_column("system", style="bold", no_wrap=True)
    table.add_column("measured as", overflow="fold")
    table.add_column("ours", justify="right", no_wrap=True)
    table.add_column("beside", justify="right", no_wrap=True, style="dim")
    table.add_column("claims", overflow="fold")
    for standing in standings:
        rows = standing.headlines
        if not rows:
            table.add_row(standing.name, Text(standing.state, "dim"), "", "", "")
        for index, measure in enumerate(rows):
            name, fared = (standing.name, _fared(standing)) if index == 0 else ("", "")
            measured = standing.wording.get(measure.full_name, measure.full_name)
            table.add_row(name, measured, number(measure.value), _beside(measure), fared)
    return table


def plain_lines(standing: Standing) -> list[str]:
    """A system's results as lines that a script may read."""
    rows = standing.headlines
    if not rows:
        return [f"{standing.name}: {standing.state}"]
    lines = [
        f"{standing.name}: {measure.full_name} {measure.value:.4g}"
        + (f" ({measure.against} {measure.beside:.4g})" if measure.against else "")
        for measure in rows
    ]
    return [*lines, f"{standing.name}: claims: {_fared(standing)}"]


def _beside(measure: Measure) -> str:
    return f"{measure.against} {number(measure.beside)}" if measure.against else ""


def _fared(standing: Standing) -> str:
    return ", ".join(f"{found} {verdict}" for verdict, found in standing.verdicts.items() if found)
