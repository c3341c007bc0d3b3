"""The entry point of the toy's stages: `python run.py train`, as `python -m stages.train toy` would be."""

import sys

import stages  # noqa: F401 - the instruction caps come before torch
from stages.core.process import run_stage


def main() -> None:
    from toy_system import System

    if sys.argv[1] == "train":
        from stages.train import train

        train("toy", System)
    else:
        from stages.evaluate import evaluate

        evaluate("toy", System)


if __name__ == "__main__":
    sys.exit(run_stage(main))
