"""Long recordings are cut between segments: nothing is lost, nothing is too long, times stay true."""

from hypothesis import given
from hypothesis import strategies as st

from stages.core.records import Segment
from stages.ingest.windows import cut_windows

RATE = 100
LONGEST = 30 * RATE


@st.composite
def transcripts(draw: st.DrawFn) -> tuple[int, list[Segment]]:
    """The length of a recording, and segments in order that do not overlap."""
    position, segments = 0, []
    for number in range(draw(st.integers(0, 30))):
        position += draw(st.integers(0, 2000))
        stop = position + draw(st.integers(0, 4000))
        segments.append(Segment(start=position / RATE, end=stop / RATE, text=f"s{number}"))
        position = stop
    return position + draw(st.integers(0, 5000)), segments


@given(transcripts())
def test_windows_are_bounded_ordered_and_apart(recording: tuple[int, list[Segment]]) -> None:
    length, segments = recording
    windows = cut_windows(length, RATE, segments, LONGEST)
    edges = [edge for window in windows for edge in (window.start, window.stop)]
    assert edges == sorted(edges)
    assert all(0 < window.stop - window.start <= LONGEST for window in windows)
    assert all(window.start >= 0 and window.stop <= length for window in windows)


@given(transcripts())
def test_each_usable_segment_is_in_one_window_at_its_time(recording: tuple[int, list[Segment]]) -> None:
    length, segments = recording
    usable = [one for one in segments if 0 < round(one.end * RATE) - round(one.start * RATE) <= LONGEST]
    windows = cut_windows(length, RATE, segments, LONGEST)
    found = [
        (one.text, round(one.start * RATE) + window.start, round(one.end * RATE) + window.start)
        for window in windows
        for one in window.segments
    ]
    assert found == [(one.text, round(one.start * RATE), round(one.end * RATE)) for one in usable]
    for window in windows:
        assert window.segments
        assert all(
            0 <= one.start <= one.end <= (window.stop - window.start) / RATE for one in window.segments
        )


def test_segments_are_packed_and_joined() -> None:
    spans = [(0, 10), (12, 20), (25, 35), (36, 40)]
    segments = [Segment(start=start, end=end, text=f"{start} ") for start, end in spans]
    first, second = cut_windows(50 * RATE, RATE, segments, LONGEST)
    assert (first.start, first.stop, first.text) == (0, 25 * RATE, "0 12")
    assert (second.start, second.stop, second.text) == (25 * RATE, 50 * RATE, "25 36")


def test_overlapping_speech_stays_inside_its_window() -> None:
    segments = [Segment(start=0, end=29, text="a"), Segment(start=20, end=40, text="b")]
    first, second = cut_windows(40 * RATE, RATE, segments, LONGEST)
    assert (first.start, first.stop) == (0, 29 * RATE)
    assert (second.start, second.stop) == (20 * RATE, 40 * RATE)


def test_what_is_empty_too_long_or_outside_is_left_out() -> None:
    segments = [
        Segment(start=0, end=31, text="too long"),
        Segment(start=31, end=31, text="empty"),
        Segment(start=32, end=33, text="  "),
        Segment(start=99, end=101, text="outside"),
    ]
    assert cut_windows(100 * RATE, RATE, segments, LONGEST) == []
