"""Which frame each token was heard in: dynamic time warping over the attention to the audio.

Source: the released code's word timestamps; the heads that follow time were found by its authors on held-out
speech (`HEADS`). Shapes: N tokens, T audio positions.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from stages.systems.whisper.model import Whisper

FILTER_WIDTH = 7  # audio positions of the median filter

Heads = tuple[tuple[int, int], ...]  # (decoder block, head)

HEADS: dict[str, Heads] = {
    "tiny.en": ((1, 0), (2, 0), (2, 5), (3, 0), (3, 1), (3, 2), (3, 3), (3, 4)),
    "tiny": ((2, 2), (3, 0), (3, 2), (3, 3), (3, 4), (3, 5)),
    "base.en": ((3, 3), (4, 7), (5, 1), (5, 5), (5, 7)),
    "base": ((3, 1), (4, 2), (4, 3), (4, 7), (5, 1), (5, 2), (5, 4), (5, 6)),
    "small.en": (
        (6, 6),
        (7, 0),
        (7, 3),
        (7, 8),
        (8, 2),
        (8, 5),
        (8, 7),
        (9, 0),
        (9, 4),
        (9, 8),
        (9, 10),
        (10, 0),
        (10, 1),
        (10, 2),
        (10, 3),
        (10, 6),
        (10, 11),
        (11, 2),
        (11, 4),
    ),
    "small": ((5, 3), (5, 9), (8, 0), (8, 4), (8, 7), (8, 8), (9, 0), (9, 7), (9, 9), (10, 5)),
    "medium.en": (
        (11, 4),
        (14, 1),
        (14, 12),
        (14, 14),
        (15, 4),
        (16, 0),
        (16, 4),
        (16, 9),
        (17, 12),
        (17, 14),
        (18, 7),
        (18, 10),
        (18, 15),
        (20, 0),
        (20, 3),
        (20, 9),
        (20, 14),
        (21, 12),
    ),
    "medium": ((13, 15), (15, 4), (15, 15), (16, 1), (20, 0), (23, 4)),
    "large-v1": ((9, 19), (11, 2), (11, 4), (11, 17), (22, 7), (22, 11), (22, 17), (23, 2), (23, 15)),
    "large-v2": (
        (10, 12),
        (13, 17),
        (16, 11),
        (16, 12),
        (16, 13),
        (17, 15),
        (17, 16),
        (18, 4),
        (18, 11),
        (18, 19),
        (19, 11),
        (21, 2),
        (21, 3),
        (22, 3),
        (22, 9),
        (22, 12),
        (23, 5),
        (23, 7),
        (23, 13),
        (25, 5),
        (26, 1),
        (26, 12),
        (27, 15),
    ),
    "large-v3": (
        (7, 0),
        (10, 17),
        (12, 18),
        (13, 12),
        (16, 1),
        (17, 14),
        (19, 11),
        (21, 4),
        (24, 1),
        (25, 6),
    ),
    "large-v3-turbo": ((2, 4), (2, 11), (3, 3), (3, 6), (3, 11), (3, 14)),
}


def heads_of(model: Whisper, preset: str | None) -> Heads:
    """The heads that follow time: known ones of a released size, else all of the upper half of the blocks."""
    if preset in HEADS:
        return HEADS[preset]
    layers, heads = model.dims.n_text_layer, model.dims.n_text_head
    return tuple((layer, head) for layer in range(layers // 2, layers) for head in range(heads))


def alignment_matrix(attention: Tensor, heads: Heads, positions: int) -> npt.NDArray[np.float32]:
    """How much each token follows each audio position, [N, positions].

    Args:
        attention: of one window, [layers, H, N, T].
        heads: to average over.
        positions: that lie within the recording.
    """
    chosen = torch.stack([attention[layer, head, :, :positions] for layer, head in heads])  # [heads, N, T']
    chosen = chosen / chosen.sum(dim=-1, keepdim=True)
    deviation, mean = torch.std_mean(chosen, dim=-2, keepdim=True, correction=0)
    levelled = median_filter((chosen - mean) / deviation, FILTER_WIDTH)
    matrix: npt.NDArray[np.float32] = levelled.mean(dim=0).cpu().numpy()
    return matrix


def median_filter(x: Tensor, width: int) -> Tensor:
    """The median of `width` neighbours along the last dimension, reflected at the ends."""
    pad = width // 2
    if x.shape[-1] <= pad:
        return x
    padded = torch.nn.functional.pad(x, (pad, pad), mode="reflect")
    return padded.unfold(-1, width, 1).sort(dim=-1).values[..., pad]


def warp(cost: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The cheapest monotonic path through a cost matrix [N, T], as row and column of each step.

    All cells of an antidiagonal depend on the two before it only, and are computed at once.
    """
    rows, columns = cost.shape
    total = np.full((rows + 1, columns + 1), np.inf, np.float32)
    move = np.zeros((rows + 1, columns + 1), np.int8)  # 0 both, 1 row, 2 column
    move[0, :], move[:, 0] = 2, 1
    total[0, 0] = 0
    for diagonal in range(2, rows + columns + 1):
        i = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        j = diagonal - i
        both, row, column = total[i - 1, j - 1], total[i - 1, j], total[i, j - 1]
        choice = np.where((both < row) & (both < column), 0, np.where((row < both) & (row < column), 1, 2))
        move[i, j] = choice
        total[i, j] = cost[i - 1, j - 1] + np.choose(choice, [both, row, column])
    return _walk_back(move, rows, columns)


def _walk_back(
    move: npt.NDArray[np.int8], i: int, j: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    path = []
    while i > 0 or j > 0:
        path.append((i - 1, j - 1))
        step = move[i, j]
        i, j = i - (step != 2), j - (step != 1)
    steps = np.array(path[::-1], np.int64)
    return steps[:, 0], steps[:, 1]
