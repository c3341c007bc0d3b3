"""Geometry of the pipeline's picture: a box per stage, an arrow per dependency.

Only numbers are made here; the templates turn them into SVG and escape what is text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from stages.report.pipeline import essential

Point = tuple[float, float]

NODE_SIZE = (118.0, 62.0)  # width, height of a stage's box
_GAP_ALONG, _GAP_ACROSS = 30.0, 18.0


@dataclass(frozen=True)
class Node:
    """A stage's box: its name and its upper left corner."""

    name: str
    x: float
    y: float


@dataclass(frozen=True)
class Picture:
    """The pipeline's boxes and arrows in a drawing of this size."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    arrows: tuple[str, ...]  # SVG path data


def draw_pipeline(sources: Mapping[str, set[str]], *, downwards: bool = False) -> Picture:
    """Lay out stages in the order in which they wait for each other, siblings side by side.

    Args:
        sources: for each stage the stages it reads from.
        downwards: from top to bottom, for narrow screens; from left to right otherwise.
    """
    arrows = essential(sources)
    ranks = _ranks(sources, arrows)
    lanes = _lanes(ranks, arrows)
    along, across = (1, 0) if downwards else (0, 1)
    pitch = (NODE_SIZE[along] + _GAP_ALONG, NODE_SIZE[across] + _GAP_ACROSS)
    places: dict[str, Point] = {}
    for name, rank in ranks.items():
        place = (rank * pitch[0], lanes[name] * pitch[1])
        places[name] = (place[along], place[across])
    right = max((x for x, _ in places.values()), default=0.0) + NODE_SIZE[0]
    bottom = max((y for _, y in places.values()), default=0.0) + NODE_SIZE[1]
    return Picture(
        right,
        bottom,
        tuple(Node(name, x, y) for name, (x, y) in places.items()),
        tuple(_arrow(places[start], places[end], downwards=downwards) for start, end in arrows),
    )


def _ranks(sources: Mapping[str, set[str]], arrows: Sequence[tuple[str, str]]) -> dict[str, int]:
    """For each stage the length of the longest way that leads to it."""
    ranks = dict.fromkeys(sources, 0)
    for _ in sources:  # as many rounds as the longest way can have stages
        for start, end in arrows:
            ranks[end] = max(ranks[end], ranks[start] + 1)
    return ranks


def _lanes(ranks: Mapping[str, int], arrows: Sequence[tuple[str, str]]) -> dict[str, float]:
    """For each stage its place among its siblings: near what it reads from, and centred as a rank."""
    lanes: dict[str, float] = {}
    widest = max(list(ranks.values()).count(rank) for rank in ranks.values()) if ranks else 0
    for rank in sorted(set(ranks.values())):
        siblings = [name for name in ranks if ranks[name] == rank]
        heights = {
            name: fmean([lanes[start] for start, end in arrows if end == name] or [0.0]) for name in siblings
        }
        siblings.sort(key=heights.__getitem__)
        offset = (widest - len(siblings)) / 2
        lanes |= {name: offset + index for index, name in enumerate(siblings)}
    return lanes


def _arrow(start: Point, end: Point, *, downwards: bool) -> str:
    """A gentle S from the edge of one box to the edge of the next."""
    width, height = NODE_SIZE
    if downwards:
        x0, y0, x1, y1 = start[0] + width / 2, start[1] + height, end[0] + width / 2, end[1] - 5
        middle = (y0 + y1) / 2
        return f"M{x0:.1f} {y0:.1f}C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}"
    x0, y0, x1, y1 = start[0] + width, start[1] + height / 2, end[0] - 5, end[1] + height / 2
    middle = (x0 + x1) / 2
    return f"M{x0:.1f} {y0:.1f}C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
