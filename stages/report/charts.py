"""Geometry of the curves of a run.

Only numbers are made here; the templates turn them into SVG and escape what is text.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

Point = tuple[float, float]

CURVE_SIZE = (320.0, 150.0)  # width, height of a curve's drawing
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 8.0, 8.0, 22.0  # margins around the plotted area
_MOST_POINTS = 240  # of a line; more cannot be seen at this size
_SMOOTH = 0.04  # half-width of the running mean, as a share of the run


@dataclass(frozen=True)
class Tick:
    """A position on an axis with its value."""

    at: float
    value: float


@dataclass(frozen=True)
class Curve:
    """A quantity over the steps of a run, ready to draw.

    Attributes:
        name: the quantity's name.
        raw: SVG points of the logged values.
        smooth: SVG points of their running mean.
        x_ticks: along the steps.
        y_ticks: along the values.
        first: the first logged value.
        last: the last logged value.
    """

    name: str
    raw: str
    smooth: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    first: float
    last: float


def draw_curve(name: str, points: Sequence[Point]) -> Curve | None:
    """Lay out (step, value) pairs; None if there are not two finite ones."""
    points = _thin([point for point in points if math.isfinite(point[1])])
    if len(points) < 2:
        return None
    steps, values = zip(*points, strict=True)
    x_ticks = nice_ticks(0.0, max(steps), 4)
    y_ticks = nice_ticks(min(values), max(values), 4)
    across = (min(0.0, *steps), max(steps))
    up = (min(y_ticks[0], *values), max(y_ticks[-1], *values))
    smooth = list(zip(steps, _running_mean(values), strict=True))
    return Curve(
        name,
        _svg_points(points, across, up),
        _svg_points(smooth, across, up),
        tuple(Tick(_place((tick, up[0]), across, up)[0], tick) for tick in x_ticks),
        tuple(Tick(_place((across[0], tick), across, up)[1], tick) for tick in y_ticks),
        values[0],
        values[-1],
    )


def nice_ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers that cover [low, high] from inside: 1, 2 or 5 times a power of ten apart."""
    if high <= low:
        return [low]
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)] or [low]


def _thin(points: Sequence[Point]) -> list[Point]:
    """At most `_MOST_POINTS` points: the means of equal stretches."""
    if len(points) <= _MOST_POINTS:
        return list(points)
    edges = [index * len(points) // _MOST_POINTS for index in range(_MOST_POINTS + 1)]
    stretches = (points[start:end] for start, end in pairwise(edges))
    return [(fmean(x for x, _ in part), fmean(y for _, y in part)) for part in stretches]


def _running_mean(values: Sequence[float]) -> list[float]:
    half = round(_SMOOTH * len(values))
    return [fmean(values[max(0, index - half) : index + half + 1]) for index in range(len(values))]


def _place(point: Point, across: Point, up: Point) -> Point:
    """Where a point of the data lies in the drawing."""
    width, height = CURVE_SIZE[0] - _LEFT - _RIGHT, CURVE_SIZE[1] - _TOP - _BOTTOM
    right = (point[0] - across[0]) / ((across[1] - across[0]) or 1.0)
    above = (point[1] - up[0]) / ((up[1] - up[0]) or 1.0)
    return _LEFT + width * right, _TOP + height * (1 - above)


def _svg_points(points: Sequence[Point], across: Point, up: Point) -> str:
    places = (_place(point, across, up) for point in points)
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
