"""The client is a small program on a PATH of its own that does what npm does, without a network."""

import contextlib
import hashlib
import io
import shutil
import tarfile
from pathlib import Path

import pytest

from stages.core.errors import BadConfigError, BadDataError, TryAgainError
from stages.ingest.packages import fetch_packages
from stages.ingest.packages.fetch import unpack


def archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


class World:
    """A params file, a stored archive, and a fake npm that serves it and counts its calls."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.into, self.calls, self.params = folder / "into", folder / "calls", folder / "params.yaml"
        self.stored = folder / "stored.tgz"
        self.stored.write_bytes(archive({"package/data.txt": b"hello"}))
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.calls.touch()
        self.npm(f"cp {self.stored} toy-1.0.0.tgz")
        for program in ("sh", "cp", "echo"):
            (self.bin / program).symlink_to(shutil.which(program) or "")
        monkeypatch.setenv("PATH", str(self.bin))
        self.pin(hashlib.sha256(self.stored.read_bytes()).hexdigest())

    def npm(self, body: str) -> None:
        program = self.bin / "npm"
        program.write_text(f'#!/bin/sh\necho "$@" >> {self.calls}\n{body}\n')
        program.chmod(0o755)

    def pin(self, sha256: str) -> None:
        pin = "{{client: npm, name: {}, version: 1.0.0, sha256: {}, licence: MIT}}"
        self.params.write_text(
            f"corpora: {{sample: {{packages: [{pin.format('toy', sha256)}]}}, "
            f"full: {{packages: [{pin.format('other', sha256)}]}}}}"
        )

    def fetch(self, only: tuple[str, ...] = ()) -> list[Path]:
        return fetch_packages("sample", self.into, only, self.params)


@pytest.fixture
def world(tmp_path, monkeypatch):
    return World(tmp_path, monkeypatch)


def test_a_package_is_fetched_once_and_unpacked(world):
    assert world.fetch() == [world.into / "toy"]
    assert (world.into / "toy/package/data.txt").read_bytes() == b"hello"
    world.fetch()
    assert world.calls.read_text() == "pack --ignore-scripts toy@1.0.0\n"


def test_another_pin_fetches_again(world):
    world.fetch()
    world.stored.write_bytes(archive({"package/data.txt": b"new"}))
    world.pin(hashlib.sha256(world.stored.read_bytes()).hexdigest())
    world.fetch()
    assert (world.into / "toy/package/data.txt").read_bytes() == b"new"


def test_other_bytes_than_the_pinned_ones_are_refused_and_not_unpacked(world):
    world.pin("f" * 64)
    with pytest.raises(BadDataError, match=r"toy 1\.0\.0: sha256 is .*pinned is fff"):
        world.fetch()
    assert list(world.into.iterdir()) == []


def test_a_version_that_is_gone_says_what_to_do(world):
    world.npm("echo 'npm warn x' >&2; echo 'npm error code ETARGET' >&2; echo 'npm error a log' >&2; exit 1")
    with pytest.raises(
        BadDataError, match=r"toy: version 1\.0\.0 is no longer served \(npm error code ETARGET\)"
    ):
        world.fetch()


def test_a_lost_connection_is_worth_another_try(world):
    world.npm("echo 'npm error network timeout' >&2; exit 1")
    with pytest.raises(TryAgainError, match="network timeout"):
        world.fetch()


def test_a_client_that_leaves_no_archive_is_noticed(world):
    world.npm("exit 0")
    with pytest.raises(TryAgainError, match="left 0 archives"):
        world.fetch()


def test_a_machine_without_the_client_is_told(world):
    (world.bin / "npm").unlink()
    with pytest.raises(BadConfigError, match="this machine has no npm"):
        world.fetch()


def test_a_name_that_is_not_pinned_is_refused_before_anything_is_fetched(world):
    with pytest.raises(BadConfigError, match="does not name tyo"):
        world.fetch(only=("tyo",))
    assert world.calls.read_text() == ""


@pytest.mark.parametrize("name", ["../outside", "/outside"])
def test_a_member_that_leaves_the_folder_is_refused_or_kept_inside(tmp_path, name):
    path = tmp_path / "bad.tgz"
    path.write_bytes(archive({name: b"x"}))
    folder = tmp_path / "a" / "content"
    folder.parent.mkdir()
    with contextlib.suppress(BadDataError):
        unpack("npm", path, folder)
    written = [each for each in tmp_path.rglob("*") if each.is_file() and each != path]
    assert all(each.is_relative_to(folder) for each in written)


def test_a_truncated_archive_is_refused(tmp_path):
    path = tmp_path / "short.tgz"
    path.write_bytes(archive({"package/a": b"x" * 5000})[:40])
    with pytest.raises(BadDataError, match=r"short\.tgz: cannot be unpacked"):
        unpack("npm", path, tmp_path / "content")
