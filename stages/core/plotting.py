"""One quiet style for every figure, and SVG files that are the same bytes for the same numbers.

The colours are those of M. Okabe and K. Ito, "Color Universal Design", 2008: distinct for colour-blind eyes.
"""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.core.files import write_bytes

BLUE, ORANGE, GREEN, PINK = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
SKY, VERMILION, YELLOW, GREY = "#56B4E9", "#D55E00", "#F0E442", "#666666"
COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY, VERMILION, YELLOW, GREY)

_STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that every machine has it
    "font.size": 10,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "savefig.transparent": True,
    "svg.hashsalt": "tenfold",  # ids inside the file, else random
    "xtick.color": GREY,
    "ytick.color": GREY,
}


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Draw in the shared style; figures take it when they are made, so make them inside."""
    with mpl.rc_context(_STYLE):
        yield


def figure(width: float = 6.0, height: float = 3.6) -> tuple[Figure, Axes]:
    """A figure of one plot in the shared style, without a window or any global state.

    Args:
        width: inches.
        height: inches.
    """
    with style():
        made = Figure(figsize=(width, height))
        return made, made.add_subplot()


def write_svg(path: Path, drawn: Figure) -> None:
    """Write a figure as SVG without date or random ids."""
    content = io.BytesIO()
    with style():
        drawn.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    write_bytes(path, content.getvalue())
