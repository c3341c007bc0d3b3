"""Whole content or none."""

import errno
from pathlib import Path

import pytest

from stages.core import files
from stages.core.errors import TryAgainError


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_content_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    files.write_text(path, "één")
    assert path.read_bytes() == "één".encode()
    assert names(path.parent) == ["file"]


def test_the_same_json_is_the_same_bytes(tmp_path: Path) -> None:
    files.write_json(tmp_path / "one", {"b": 1, "a": [1.5, "é"]})
    files.write_json(tmp_path / "two", {"a": [1.5, "é"], "b": 1})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(tmp_path / "three", float("nan"))
    assert not (tmp_path / "three").exists()


def test_an_error_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fail() -> None:
        with files.replacing(path) as part:
            part.write_text("new")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_worth_another_try(number: int, tmp_path: Path) -> None:
    def fail() -> None:
        with files.replacing(tmp_path / "file"):
            raise OSError(number, "full")

    with pytest.raises(TryAgainError, match="no room left"):
        fail()
    assert not names(tmp_path)


def test_other_errors_are_not_disguised(tmp_path: Path) -> None:
    def fail() -> None:
        with files.disk_errors(tmp_path):
            raise PermissionError(errno.EACCES, "no")

    with pytest.raises(PermissionError):
        fail()


def test_a_fresh_folder_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert names(files.fresh_folder(tmp_path / "a")) == []


def test_hashes(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert files.digest(tmp_path / "f", "md5") == "900150983cd24fb0d6963f7d28e17f72"
    assert files.digest(tmp_path / "f").startswith("ba7816bf8f01cfea")


def test_a_folder_takes_the_place_of_the_old_one_when_the_block_ends_well(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with files.replacing_folder(tmp_path / "out") as folder:
            files.write_text(folder / name, name)
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["two"]


def test_a_folder_stays_as_it_was_after_an_error(tmp_path: Path) -> None:
    with files.replacing_folder(tmp_path / "out") as folder:
        files.write_text(folder / "one", "1")
    with pytest.raises(TryAgainError, match="out: no room left"), files.replacing_folder(tmp_path / "out"):
        raise OSError(errno.ENOSPC, "full")
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["one"]


def test_a_passing_folder_is_empty_and_goes_with_the_block_however_it_ends(tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    (folder / "left by a kill").touch()
    with files.passing_folder(folder) as passing:
        assert list(passing.iterdir()) == []
    assert not folder.exists()
    with pytest.raises(ValueError, match="mistake"), files.passing_folder(folder):
        raise ValueError("mistake")
    assert not folder.exists()
