"""The command that ingests made links with this repository's code, in a folder of its own."""

import csv
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CORPUS = "made"


def write_list(folder: Path, links: Iterable[str]) -> Path:
    """A csv of links and captions, which all peers read."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "list.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("url", "text"))
        writer.writerows((link, f"a made picture, number {number}") for number, link in enumerate(links))
    return folder / "list.csv"


def ingest_command(
    folder: Path, params: Mapping[str, Any], *, workers: int = 2, environment: Mapping[str, str] | None = None
) -> list[str]:
    """Write params.yaml and return the whole command, which is what a person would type."""
    section = {"root": ".", **params}
    (folder / "params.yaml").write_text(json.dumps({"seed": 1, "ingest": {CORPUS: section}}))
    variables = {"TENFOLD_WORKERS": str(workers), "PYTHONPATH": str(ROOT), **(environment or {})}
    prefix = ["env", f"--chdir={folder}", *(f"{name}={value}" for name, value in variables.items())]
    return [*prefix, sys.executable, "-m", "stages.ingest", "run", CORPUS]
