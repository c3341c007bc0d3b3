"""Choosing tokens: greedily, by drawing, or with a beam.

Shapes: B windows, K candidates of each, R = B * K rows, V vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor


@dataclass(frozen=True)
class Hypothesis:
    """Sampled ids without the end, and the sum of their log-probabilities, the end's included."""

    tokens: tuple[int, ...]
    log_probability: float


class Search(Protocol):
    """How rows grow."""

    rows: list[list[int]]  # what each row has sampled, the end included

    def advance(self, logits: Tensor) -> Tensor | None:
        """Take logits [R, V] and append a token to each row.

        Returns:
            int64 [R], which row each row goes on from, or None if each goes on from itself.
        """
        ...

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        ...

    def hypotheses(self) -> list[list[Hypothesis]]:
        """What was found, by window."""
        ...


class Sampling:
    """The likeliest token, or above temperature 0 one drawn by its probability.

    Args:
        rows: R, candidates of a window beside each other.
        candidates: K.
        temperature: of the softmax.
        end: the id that closes a row.
        seed: of the draws.
    """

    def __init__(self, rows: int, candidates: int, temperature: float, end: int, seed: int) -> None:
        self.rows: list[list[int]] = [[] for _ in range(rows)]
        self._candidates, self._temperature, self._end = candidates, temperature, end
        self._sums = [0.0] * rows
        self._random = torch.Generator().manual_seed(seed)

    def advance(self, logits: Tensor) -> None:
        """Append one token to each row; a row that has ended repeats its end."""
        if self._temperature:
            probabilities = (logits / self._temperature).softmax(dim=-1).cpu()
            chosen = torch.multinomial(probabilities, 1, generator=self._random)[:, 0].to(logits.device)
        else:
            chosen = logits.argmax(dim=-1)
        gained = logits.gather(1, chosen[:, None])[:, 0] - logits.logsumexp(dim=-1)
        for row, (token, gain) in enumerate(zip(chosen.tolist(), gained.tolist(), strict=True)):
            ended = self.rows[row][-1:] == [self._end]
            self.rows[row].append(self._end if ended else token)
            self._sums[row] += 0.0 if ended else gain

    @property
    def done(self) -> bool:
        """Whether each row has ended."""
        return all(row[-1] == self._end for row in self.rows)

    def hypotheses(self) -> list[list[Hypothesis]]:
        """The candidates of each window."""
        found = [
            Hypothesis(until(row, self._end), total) for row, total in zip(self.rows, self._sums, strict=True)
        ]
        return [found[start : start + self._candidates] for start in range(0, len(found), self._candidates)]


@dataclass
class _Beam:
    """The hypotheses of one window: `sums` of the open ones, and the finished."""

    sums: list[float]
    finished: dict[tuple[int, ...], float] = field(default_factory=dict)


class BeamSearch:
    """Keep the `size` likeliest open hypotheses until enough are finished.

    Args:
        windows: B.
        size: K.
        patience: finished hypotheses that are waited for, in multiples of the size.
        end: the id that closes a hypothesis.
    """

    def __init__(self, windows: int, size: int, patience: float, end: int) -> None:
        self.rows: list[list[int]] = [[] for _ in range(windows * size)]
        self._size, self._end = size, end
        self._wanted = max(1, round(size * patience))
        # at first all rows of a window are the same, so that only one of them may yield hypotheses
        self._beams = [_Beam([0.0] + [-torch.inf] * (size - 1)) for _ in range(windows)]

    def advance(self, logits: Tensor) -> Tensor:
        """Replace the open hypotheses of each window by their likeliest continuations."""
        best = logits.topk(min(self._size + 1, logits.shape[-1]), dim=-1)
        gains = (best.values - logits.logsumexp(dim=-1, keepdim=True)).tolist()  # [R, K + 1]
        tokens = best.indices.tolist()
        sources: list[int] = []
        rows: list[list[int]] = []
        for number, beam in enumerate(self._beams):
            first = number * self._size
            ranked = sorted(
                (
                    (beam.sums[index] + gain, first + index, token)
                    for index in range(self._size)
                    if beam.sums[index] > -torch.inf
                    for gain, token in zip(gains[first + index], tokens[first + index], strict=True)
                ),
                key=lambda one: -one[0],
            )
            kept = self._keep(beam, ranked)
            sources += [source for _, source, _ in kept]
            rows += [[*self.rows[source], token] for _, source, token in kept]
        self.rows = rows
        return torch.tensor(sources, device=logits.device)

    def _keep(self, beam: _Beam, ranked: Sequence[tuple[float, int, int]]) -> list[tuple[float, int, int]]:
        """The next open hypotheses; ended ones that rank before the last of them are finished."""
        kept: list[tuple[float, int, int]] = []
        for score, source, token in ranked:
            if token != self._end:
                kept.append((score, source, token))
            elif len(beam.finished) < self._wanted:
                beam.finished[tuple(self.rows[source])] = score
            if len(kept) == self._size:
                break
        nothing = (-torch.inf, ranked[0][1], self._end)  # fewer continuations than the beam is wide
        kept += [nothing] * (self._size - len(kept))
        beam.sums = [score for score, _, _ in kept]
        return kept

    @property
    def done(self) -> bool:
        """Whether each window has as many finished hypotheses as were wanted."""
        return all(len(beam.finished) >= self._wanted for beam in self._beams)

    def hypotheses(self) -> list[list[Hypothesis]]:
        """The finished hypotheses of each window, filled up with the likeliest open ones."""
        found = []
        for number, beam in enumerate(self._beams):
            rows = self.rows[number * self._size : (number + 1) * self._size]
            ranked = sorted(zip(beam.sums, rows, strict=True), key=lambda one: -one[0])
            missing = max(0, self._size - len(beam.finished))
            every = beam.finished | {tuple(row): score for score, row in ranked[:missing]}
            found.append([Hypothesis(tokens, score) for tokens, score in every.items()])
        return found


def until(tokens: Sequence[int], end: int) -> tuple[int, ...]:
    """The ids before the first end."""
    return tuple(tokens[: tokens.index(end)] if end in tokens else tokens)
