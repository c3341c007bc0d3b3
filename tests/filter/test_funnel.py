"""The funnel on a terminal and elsewhere."""

import io

import pytest
from rich.console import Console

from stages.filter.funnel import show

COUNTS = {
    "in": 10,
    "kept": 6,
    "dropped/empty_text": 4,
    "dropped/flat": 0,
    "split/train": 6,
    "source/made/in": 10,
    "source/made/kept": 6,
}


@pytest.mark.parametrize("terminal", [False, True])
def test_every_number_is_shown_in_the_order_of_the_funnel(terminal: bool) -> None:
    file = io.StringIO()
    show("toy", COUNTS, Console(file=file, force_terminal=terminal, width=100, no_color=True))
    text = file.getvalue()
    names = ["in", "dropped/empty_text", "dropped/flat", "kept", "split/train", "source/made/in"]
    places = [text.index(f" {name} ") for name in names]
    assert places == sorted(places)
    assert ("█" in text) == terminal


def test_plain_lines_can_be_searched() -> None:
    file = io.StringIO()
    show("toy", COUNTS, Console(file=file))
    assert "toy: dropped/empty_text 4\n" in file.getvalue()
    assert len(file.getvalue().splitlines()) == len(COUNTS)
