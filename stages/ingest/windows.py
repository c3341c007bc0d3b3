"""Long recordings as windows of at most 30 s, each with the part of the transcript spoken in it.

Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022, section 2.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from stages.core.records import Segment


@dataclass(frozen=True)
class Window:
    """A stretch of a recording, in samples, and its segments in seconds from the window's start."""

    start: int
    stop: int
    segments: tuple[Segment, ...]

    @property
    def text(self) -> str:
        """The words spoken in the window."""
        return " ".join(segment.text.strip() for segment in self.segments)


def cut_windows(length: int, rate: int, segments: Sequence[Segment], longest: int) -> list[Window]:
    """Pack segments greedily into windows; no segment is cut, and each is in one window or in none.

    A window starts with its first segment. It ends where the next segment starts, or earlier if it would
    become too long. Segments that are longer than a window, empty, or outside the recording are left out.

    Args:
        length: of the recording, in samples.
        rate: samples per second.
        segments: in the order of their starts.
        longest: samples in a window.

    Returns:
        Windows in order, each with at least one segment and at most `longest` samples.
    """
    spans = [_span(segment, rate) for segment in segments]
    usable = [
        (start, stop, segment)
        for (start, stop), segment in zip(spans, segments, strict=True)
        if start < stop <= length and stop - start <= longest and segment.text.strip()
    ]
    groups: list[list[tuple[int, int, Segment]]] = []
    for one in usable:
        if groups and one[1] - groups[-1][0][0] <= longest:
            groups[-1].append(one)
        else:
            groups.append([one])
    limits = [group[0][0] for group in groups[1:]] + [length]
    return [
        _window(group, rate, min(limit, group[0][0] + longest))
        for group, limit in zip(groups, limits, strict=False)  # no group at all has a limit, too
    ]


def _span(segment: Segment, rate: int) -> tuple[int, int]:
    return round(segment.start * rate), round(segment.end * rate)


def _window(group: Sequence[tuple[int, int, Segment]], rate: int, until: int) -> Window:
    first = group[0][0]
    last = max(stop for _, stop, _ in group)
    inside = tuple(
        Segment(start=(start - first) / rate, end=(stop - first) / rate, text=segment.text)
        for start, stop, segment in group
    )
    return Window(first, max(last, until), inside)
