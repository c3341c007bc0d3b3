"""The figures of CLIP's evaluation: how far down the right answer stands, and what was guessed."""

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from torch import Tensor

_COLUMNS = 6
_LINE = 22  # characters of a caption's line below a picture


def rank_curves(ranks: Mapping[str, tuple[Tensor, int]]) -> Figure:
    """The share of images whose right class is among the first k, for every k, beside chance.

    Args:
        ranks: by the name of the set, the ranks int64 [I] from 0, and the number of classes.
    """
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    for number, (name, (each, classes)) in enumerate(ranks.items()):
        first = np.arange(1, classes + 1)
        share = np.searchsorted(np.sort(each.numpy()), first, side="left") / len(each)
        axes.plot(first, share, color=f"C{number}", label=f"{name} ({classes} classes)")
        axes.plot(first, first / classes, color=f"C{number}", linestyle=":")
    axes.set(
        xscale="log", xlabel="first k guesses", ylabel="share with the right class among them", ylim=(0, 1)
    )
    axes.legend(frameon=False)
    axes.set_title("Zero-shot classification (dotted: chance)", loc="left")
    return figure


def gallery(images: Tensor, table: pd.DataFrame) -> Figure:
    """Pictures with the caption, its rank, and the first guess.

    Args:
        images: uint8 [I, 3, S, S], in the order of the table's rows.
        table: columns `caption`, `rank`, `guesses`.
    """
    rows = -(-len(images) // _COLUMNS)
    figure = Figure(figsize=(2 * _COLUMNS, 2.6 * rows), layout="constrained")
    grid = figure.subplots(rows, _COLUMNS, squeeze=False).flatten()
    for axes in grid:
        axes.set_axis_off()
    for axes, image, caption, rank, guesses in zip(
        grid, images, table["caption"], table["rank"], table["guesses"], strict=False
    ):
        axes.imshow(image.permute(1, 2, 0).numpy())
        guess = guesses.split("; ")[0]
        lines = [*textwrap.wrap(caption, _LINE), f"rank {rank}, first guess:", *textwrap.wrap(guess, _LINE)]
        axes.set_title("\n".join(line.replace("$", r"\$") for line in lines), fontsize=7)
    return figure
