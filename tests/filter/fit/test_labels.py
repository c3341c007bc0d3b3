"""Labels are read strictly: a mistake in them is a mistake in what is dropped."""

from pathlib import Path

import pytest

from stages.core.errors import BadDataError
from stages.filter.fit.labels import read_labels


def test_labels_are_read_by_key(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("unwanted,key,note\n1,a,a face\n0,b,\n")
    assert read_labels(tmp_path / "labels.csv") == {"a": True, "b": False}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "cannot be read as csv"),
        ("key,label\na,1\n", "no column unwanted"),
        ("key,unwanted\na,1\nb,yes\n", "line 3: unwanted is 'yes'"),
        ("key,unwanted\na,1\na,0\n", "'a' is labelled twice"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "labels.csv").write_text(content)
    with pytest.raises(BadDataError, match=message):
        read_labels(tmp_path / "labels.csv")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadDataError, match=r"labels\.csv: cannot be read"):
        read_labels(tmp_path / "labels.csv")
