"""Figures are the same bytes for the same numbers, and stand alone."""

from pathlib import Path

from stages.core import plotting


def draw(path: Path) -> bytes:
    figure, axes = plotting.figure()
    axes.plot([1, 2, 3], [3, 1, 2], label="loss")
    axes.legend()
    plotting.write_svg(path, figure)
    return path.read_bytes()


def test_the_same_numbers_are_the_same_bytes(tmp_path: Path) -> None:
    one, two = draw(tmp_path / "1.svg"), draw(tmp_path / "2.svg")
    assert one == two
    assert plotting.BLUE.lower().encode() in one.lower()


def test_a_figure_names_no_time_and_loads_nothing(tmp_path: Path) -> None:
    content = draw(tmp_path / "1.svg").decode()
    assert "<dc:date>" not in content
    assert "<script" not in content
    assert 'href="http' not in content
