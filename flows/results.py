"""The results of a run as Markdown, for the flow's page in Prefect: measures by system, samples by corpus.

DVC's metric files are read as they are; the report (`data/report/index.html`) is where they are explained.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

_EVALS = Path("data/evals")
_FUNNELS = Path("data/filtered")
_LARGEST_FILE = 1 << 20  # bytes
_ROWS = 40  # of one system; a page is read by people


def markdown(outcomes: Sequence[tuple[str, str]], root: Path = Path()) -> str:
    """What became of each stage, the measures of each system, and how many samples were kept.

    Args:
        outcomes: pairs of stage and outcome, in order.
        root: the repository.
    """
    parts = ["## Stages", _table(("stage", "outcome"), outcomes)]
    measures = _rows(sorted((root / _EVALS).glob("*/metrics.json")))
    if measures:
        parts += ["## Measures", _table(("system", "measure", "value"), measures)]
    funnels = [
        row for row in _rows(sorted((root / _FUNNELS).glob("*/funnel.json"))) if row[1] in ("in", "kept")
    ]
    if funnels:
        parts += ["## Samples", _table(("corpus", "count", "value"), funnels)]
    parts.append("The report: `data/report/index.html`. Curves and models: `make ui`.")
    return "\n\n".join(parts) + "\n"


def _rows(files: Iterable[Path]) -> list[tuple[str, str, str]]:
    """(folder, name, value) of each number in flat JSON files; a file that cannot be read is a row, too."""
    rows = []
    for file in files:
        try:
            numbers = _numbers(file)
        except (OSError, ValueError) as error:
            numbers = [(file.name, f"cannot be read: {error}")]
        rows += [(file.parent.name, name, value) for name, value in numbers[:_ROWS]]
    return rows


def _numbers(file: Path) -> list[tuple[str, str]]:
    if file.stat().st_size > _LARGEST_FILE:
        raise ValueError("too large for a file of measures")
    content = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - the file is wrong, not a type in the program
    kept = {name: value for name, value in content.items() if isinstance(value, int | float)}
    return [
        (name, f"{value:,.4g}" if isinstance(value, float) else f"{value:,}") for name, value in kept.items()
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
