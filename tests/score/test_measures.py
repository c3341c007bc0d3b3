"""The registry against the table: each column is filled by one measure, and no measure fills another."""

from stages.core import features
from stages.score import measures


def filled(registered: tuple) -> list[str]:
    return [column for measure in registered for column in measures.columns(measure)]


def test_each_column_has_one_measure() -> None:
    assert sorted(filled(measures.TEXT)) == sorted(name for name, _ in features.TEXT)
    assert sorted(filled(measures.AUDIO)) == sorted([*(name for name, _ in features.AUDIO), "content"])
    assert sorted(filled(measures.IMAGE)) == sorted([*(name for name, _ in features.IMAGE), "content"])
