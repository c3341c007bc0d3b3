"""`python -m stages.ingest.sample --packages FOLDER --out data/sample [--only PART]`."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from stages.core.errors import TenfoldError
from stages.core.files import write_text
from stages.ingest.packages.pins import read_pins
from stages.ingest.sample.parts import Packages, Part

_README = """# The embedded sample

Small, real, licensed data, so that the whole pipeline runs from a clone. It was cut from packages that
params.yaml pins by version and sha256 (`corpora.sample`); each folder has its licence and says how it was
chosen.

| folder | count | licence | for |
|---|---|---|---|
{rows}

Where a `LicenseRef-` stands, the licence has no SPDX identifier; its text lies in the folder. To build all
of this again, byte for byte (resvg comes with the extra `sample`; the Opus files also depend on the version
of PyAV):

    python -m stages.ingest packages --corpus sample --into FOLDER
    python -m stages.ingest.sample --packages FOLDER --out data/sample
"""

PARTS = ("speech_words", "speech_captions", "emoji", "clipart", "labelled", "text")


def main(arguments: list[str] | None = None) -> int:
    """Build the parts and return an exit code."""
    parser = argparse.ArgumentParser(prog="python -m stages.ingest.sample", description=__doc__)
    parser.add_argument("--packages", type=Path, required=True, help="what `stages.ingest packages` filled")
    parser.add_argument("--out", type=Path, default=Path("data/sample"))
    parser.add_argument("--only", choices=PARTS, action="append", help="build this part only; repeatable")
    chosen = parser.parse_args(arguments)
    pins = {package.name: package for package in read_pins("sample")}
    parts = []
    try:
        for name in chosen.only or PARTS:
            part = build_part(name, Packages(chosen.packages, pins), chosen.out)
            sys.stdout.write(f"{part.folder}: {part.count} ({part.licence})\n")
            parts.append(part)
        if not chosen.only:
            write_text(chosen.out / "README.md", contents(parts))
    except TenfoldError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def build_part(name: str, packages: Packages, out: Path) -> Part:
    """Build one part by its module; build-only libraries are imported only now."""
    part: Part = importlib.import_module(f"stages.ingest.sample.{name}").build(packages, out)
    return part


def contents(parts: Sequence[Part]) -> str:
    """The README of the whole sample: one row per part."""
    rows = (f"| `{part.folder}` | {part.count} | {part.licence} | {part.purpose} |" for part in parts)
    return _README.format(rows="\n".join(rows))


if __name__ == "__main__":
    sys.exit(main())
