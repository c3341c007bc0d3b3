"""`python -m stages.ingest.sample --packages FOLDER --out data/sample [--only PART]`."""

import argparse
import importlib
import sys
from pathlib import Path

from stages.core.errors import TenfoldError
from stages.core.files import write_text
from stages.ingest.packages.pins import read_pins
from stages.ingest.sample.parts import Packages, Part

PARTS = ("speech_words", "speech_captions", "emoji", "clipart", "labelled", "text")


def main(arguments: list[str] | None = None) -> int:
    """Build the parts and return an exit code."""
    parser = argparse.ArgumentParser(prog="python -m stages.ingest.sample", description=__doc__)
    parser.add_argument("--packages", type=Path, required=True, help="what `stages.ingest packages` filled")
    parser.add_argument("--out", type=Path, default=Path("data/sample"))
    parser.add_argument("--only", choices=PARTS, action="append", help="build this part only; repeatable")
    chosen = parser.parse_args(arguments)
    pins = {package.name: package for package in read_pins("sample")}
    try:
        for name in chosen.only or PARTS:
            part = build_part(name, Packages(chosen.packages, pins), chosen.out)
            sys.stdout.write(f"{part.folder}: {part.count} ({part.licence})\n")
    except TenfoldError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def build_part(name: str, packages: Packages, out: Path) -> Part:
    """Build one part by its module; build-only libraries are imported only now."""
    part: Part = importlib.import_module(f"stages.ingest.sample.{name}").build(packages, out)
    return part


if __name__ == "__main__":
    sys.exit(main())
