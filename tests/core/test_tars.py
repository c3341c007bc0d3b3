"""Tars: the same bytes each time, readable by others, whole or not there."""

import copy
import io
import subprocess
import sys
import tarfile
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.errors import BadDataError
from stages.core.records import Sample
from stages.core.tars import MappedFiles, TarWriter, read_samples, scan

SAMPLES = [Sample("a-1", {"json": b"{}", "png": b"x" * 700}), Sample("b_2", {"flac": b"", "json": b"[]"})]

keys = st.text("abcxyz0123456789_-", min_size=1, max_size=40)
files = st.dictionaries(st.sampled_from(["json", "png", "flac", "jpg"]), st.binary(max_size=1500), min_size=1)


def write(path: Path, samples: Iterable[Sample]) -> TarWriter:
    with TarWriter(path) as writer:
        for sample in samples:
            writer.write(sample)
    return writer


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(keys, files, min_size=1, max_size=6))
def test_what_is_written_is_read_and_indexed(
    tmp_path_factory: pytest.TempPathFactory, contents: dict
) -> None:
    folder = tmp_path_factory.mktemp("tars")
    samples = [Sample(key, contents[key]) for key in contents]
    writer = write(folder / "one.tar", samples)
    write(folder / "two.tar", [Sample(key, dict(reversed(contents[key].items()))) for key in contents])
    content = (folder / "one.tar").read_bytes()
    assert content == (folder / "two.tar").read_bytes()
    assert list(read_samples(folder / "one.tar")) == samples
    for member in writer.members:
        part = content[member.offset : member.offset + member.length]
        assert part == contents[member.key][member.file]
    placed = [(m.key, m.file, m.offset, m.length) for m in writer.members]
    assert placed == [tuple(entry) for entry in scan(folder / "one.tar")]


def test_members_are_plain_and_say_nothing_of_time_or_place(tmp_path: Path) -> None:
    write(tmp_path / "a.tar", SAMPLES)
    with tarfile.open(tmp_path / "a.tar") as tar:
        members = tar.getmembers()
    assert [member.name for member in members] == ["a-1.json", "a-1.png", "b_2.flac", "b_2.json"]
    assert {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in members} == {(0, 0, 0, "", "", 0o444)}
    assert not any(member.pax_headers for member in members)


def test_an_error_inside_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[Sample]:
        yield SAMPLES[0]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write(tmp_path / "a.tar", broken())
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_no_tar_holds_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadDataError, match="shorter key"), TarWriter(tmp_path / "a.tar") as writer:
        writer.write(Sample("k" * 101, {"json": b""}))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cut", [1, 511, 513, 1100, 3584, 4100])
def test_a_truncated_tar_is_refused(tmp_path: Path, cut: int) -> None:
    write(tmp_path / "a.tar", SAMPLES)
    (tmp_path / "a.tar").write_bytes((tmp_path / "a.tar").read_bytes()[:cut])
    with pytest.raises(BadDataError, match=r"a\.tar"):
        list(read_samples(tmp_path / "a.tar"))


def test_a_hole_is_not_taken_for_the_end(tmp_path: Path) -> None:
    write(tmp_path / "a.tar", SAMPLES)
    content = bytearray((tmp_path / "a.tar").read_bytes())
    content[1024:1536] = bytes(512)  # the header of the second file
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(BadDataError, match="damaged after byte 1024"):
        list(read_samples(tmp_path / "a.tar"))


def test_an_empty_tar_has_no_samples(tmp_path: Path) -> None:
    write(tmp_path / "a.tar", [])
    assert list(read_samples(tmp_path / "a.tar")) == []


def test_a_missing_tar_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadDataError, match=r"gone\.tar: missing"):
        list(read_samples(tmp_path / "gone.tar"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE])
def test_links_folders_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("../a.json")
    info.type, info.linkname = kind, "/etc/passwd"
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        tar.addfile(info)
    with pytest.raises(BadDataError, match="no plain file"):
        list(read_samples(tmp_path / "a.tar"))


def test_a_file_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for _ in range(2):
            tar.addfile(tarfile.TarInfo("a.json"), io.BytesIO())
    with pytest.raises(BadDataError, match="'a' has a file twice"):
        list(read_samples(tmp_path / "a.tar"))


def test_mapped_files_go_to_other_processes_without_their_maps(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    files = MappedFiles(tmp_path)
    assert files.read("a", 2, 3) == b"234"
    assert copy.deepcopy(files).read("a", 8, 2) == b"89"
    with pytest.raises(BadDataError, match="shorter"):
        files.read("a", 8, 3)


@pytest.mark.fault
@pytest.mark.parametrize("room", [100, 4096, 70_000])
def test_a_full_disk_is_worth_another_try_and_leaves_nothing(tmp_path: Path, room: int) -> None:
    script = f"""
        import resource, sys
        from pathlib import Path
        from stages.core.process import run_stage
        from stages.core.records import Sample
        from stages.core.tars import TarWriter

        def main():
            resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))
            with TarWriter(Path({str(tmp_path / "a.tar")!r})) as writer:
                for number in range(100):
                    writer.write(Sample(f"k{{number}}", {{"png": bytes(1000)}}))

        sys.exit(run_stage(main))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 75, done.stderr
    assert "no room left" in done.stderr
    assert list(tmp_path.iterdir()) == []
