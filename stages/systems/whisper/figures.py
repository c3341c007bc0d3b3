"""Figures of Whisper's evaluation."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from stages.systems.whisper.mel import FRAMES_PER_SECOND

_MODEL, _TRIVIAL = "#1f6f8b", "#c9ced6"
_SERIES = (  # metric, the trivial answer's, title
    ("wer", "wer_baseline", "word errors"),
    ("cer", "cer_baseline", "character errors"),
    ("translate_wer", "translate_wer_baseline", "word errors, into English"),
)


def error_rates(metrics: Mapping[str, float], splits: Sequence[str]) -> Figure:
    """Error rates by split beside the best answer that needs no hearing."""
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    for axes, (name, trivial, title) in zip(
        figure.subplots(1, len(_SERIES), sharey=True), _SERIES, strict=True
    ):
        shown = [split for split in splits if f"{split}/{name}" in metrics]
        places = np.arange(len(shown))
        for shift, metric, colour, label in (
            (-0.2, name, _MODEL, "model"),
            (0.2, trivial, _TRIVIAL, "trivial"),
        ):
            values = [metrics[f"{split}/{metric}"] for split in shown]
            bars = axes.bar(places + shift, values, 0.4, color=colour, label=label)
            axes.bar_label(bars, fmt="%.2f", fontsize=8)
        axes.set_xticks(places, shown)
        axes.set_title(title, fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].set_ylabel("errors per word or character")
    figure.axes[-1].legend(frameon=False, fontsize=8)
    return figure


def by_length(rates: Mapping[int, float]) -> Figure:
    """Word error rate of unseen strings against their number of words."""
    figure = Figure(figsize=(4.5, 3), layout="constrained")
    axes = figure.subplots()
    axes.bar(list(rates), list(rates.values()), color=_MODEL)
    axes.set_xticks(list(rates))
    axes.set_xlabel("words in the string")
    axes.set_ylabel("word error rate")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def alignment(
    mel: npt.NDArray[np.float32],
    weights: npt.NDArray[np.float32],
    labels: Sequence[str],
    words: Sequence[tuple[str, int, int]],
    frames: int,
) -> Figure:
    """A spectrogram with its words, and below it where each written token was heard.

    Args:
        mel: the normalised window, [M, F].
        weights: attention of each token, [N, T], over the whole window.
        labels: the tokens.
        words: text, first and last frame of each word that was said.
        frames: of the utterance; the rest of the window is silence.
    """
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    seconds = mel.shape[1] / FRAMES_PER_SECOND
    upper.imshow(mel, origin="lower", aspect="auto", extent=(0, seconds, 0, mel.shape[0]), cmap="magma")
    for text, start, end in words:
        middle = (start + end) / 2 / FRAMES_PER_SECOND
        upper.text(middle, mel.shape[0] - 4, text, color="white", ha="center", va="top", fontsize=8)
        upper.axvline(start / FRAMES_PER_SECOND, color="white", linewidth=0.6)
    upper.set_ylabel("mel channel")
    extent = (0, seconds, len(labels) - 0.5, -0.5)
    lower.imshow(weights[: len(labels)], aspect="auto", extent=extent, cmap="Blues", interpolation="nearest")
    lower.set_yticks(range(len(labels)), [label.strip() or "·" for label in labels], fontsize=8)
    lower.set_xlabel("seconds")
    lower.set_xlim(0, frames / FRAMES_PER_SECOND)
    return figure
