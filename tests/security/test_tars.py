"""Tars that lie: each is refused by a sentence that names the reason, in bounded time and memory."""

import io
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.core import tar_headers
from stages.core.errors import BadDataError
from stages.core.records import Sample
from stages.core.tars import TarWriter, read_samples, scan

Change = Callable[[tarfile.TarInfo], None]


def one(path: Path, change: Change, content: bytes = b"", form: int = tarfile.USTAR_FORMAT) -> Path:
    """A tar with one member, which `change` makes hostile."""
    info = tarfile.TarInfo("a.json")
    info.size = len(content)
    change(info)
    with tarfile.open(path, "w", format=form) as tar:
        tar.addfile(info, io.BytesIO(content))
    return path


def named(name: str) -> Change:
    return lambda info: setattr(info, "name", name)


def of_kind(kind: bytes) -> Change:
    def change(info: tarfile.TarInfo) -> None:
        info.type, info.linkname = kind, "/etc/passwd"

    return change


def refuse(path: Path, reason: str) -> None:
    with pytest.raises(BadDataError, match=rf"^{path}: .*{reason}.*; run `dvc repro`$"):
        list(read_samples(path))


@pytest.mark.parametrize("name", ["../a.json", "a/../../b.json", "/etc/passwd", "..", "a/..", "//a.json"])
@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str, form: int) -> None:
    refuse(one(tmp_path / "a.tar", named(name), form=form), "leads out of the tar")


def test_a_pax_path_that_leads_out_is_refused(tmp_path: Path) -> None:
    hide: Change = lambda info: info.pax_headers.update(path="../../root/.ssh/id.json")
    refuse(one(tmp_path / "a.tar", hide, form=tarfile.PAX_FORMAT), "leads out of the tar")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (tarfile.SYMTYPE, "a symbolic link"),
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (tarfile.FIFOTYPE, "a pipe"),
        (tarfile.DIRTYPE, "a folder"),
        (b"Z", "of kind b'Z'"),
    ],
)
def test_whatever_is_no_file_is_refused(tmp_path: Path, kind: bytes, reason: str) -> None:
    refuse(one(tmp_path / "a.tar", of_kind(kind)), f"{reason}, no plain file")


def test_sparse_files_are_refused(tmp_path: Path) -> None:
    sparse: Change = lambda info: info.pax_headers.update({"GNU.sparse.major": "1", "GNU.sparse.minor": "0"})
    refuse(one(tmp_path / "a.tar", sparse, form=tarfile.PAX_FORMAT), "a sparse file")


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize(
    ("length", "reason"), [(300, "a name of 300 bytes"), (1 << 16, "extended header of 65")]
)
def test_endless_names_are_refused(tmp_path: Path, form: int, length: int, reason: str) -> None:
    refuse(one(tmp_path / "a.tar", named("a" * (length - 5) + ".json"), form=form), reason)


def test_names_that_are_no_text_are_refused(tmp_path: Path) -> None:
    refuse(one(tmp_path / "a.tar", named("\udcff\udcfe.json")), "no UTF-8")


@pytest.mark.parametrize("size", [1 << 20, 8**11 - 1, 8**11, 1 << 62])
def test_sizes_that_lie_are_refused(tmp_path: Path, size: int) -> None:
    info = tarfile.TarInfo("a.json")
    info.size = size
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(10_000))
    refuse(tmp_path / "a.tar", f"says {size} bytes")


@pytest.mark.parametrize("size", ["99999", "-512", "1e3", "", "9" * 40])
def test_pax_sizes_that_lie_are_refused(tmp_path: Path, size: str) -> None:
    lie: Change = lambda info: info.pax_headers.update(size=size)
    refuse(one(tmp_path / "a.tar", lie, b"x" * 600, tarfile.PAX_FORMAT), "damaged")


@pytest.mark.parametrize(
    "records", [b"9 a=b\n", b"5 a=b", b"nonsense\n", b"0 =\n", b"999999 a=b\n", b"6 ab\n"]
)
def test_pax_headers_that_are_none_are_refused(tmp_path: Path, records: bytes) -> None:
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, len(records)
    block = records.ljust(512, b"\0")
    (tmp_path / "a.tar").write_bytes(info.tobuf() + block + tarfile.TarInfo("a.json").tobuf() + bytes(1024))
    refuse(tmp_path / "a.tar", "no list of records")


def test_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    path = one(tmp_path / "a.tar", named("a.json"))
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)
    refuse(path, "the header at byte 0 has a wrong checksum")


def test_a_tar_without_an_end_is_refused(tmp_path: Path) -> None:
    path = one(tmp_path / "a.tar", named("a.json"), b"x" * 512)
    path.write_bytes(path.read_bytes()[:1024])
    refuse(path, "no end after byte 1024")


def test_members_that_are_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar_headers, "MOST_BYTES", 1000)
    refuse(one(tmp_path / "a.tar", named("a.json"), b"x" * 1001), "says 1001 bytes, more than 1000")


def test_a_million_members_cost_no_memory_and_have_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tar_headers, "MOST_MEMBERS", 20_000)
    block = tarfile.TarInfo("a.json").tobuf(tarfile.USTAR_FORMAT)
    (tmp_path / "a.tar").write_bytes(block * 20_001 + bytes(1024))
    tracemalloc.start()
    with pytest.raises(BadDataError, match="more than 20000 members"):
        for _ in scan(tmp_path / "a.tar"):
            pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000


@pytest.mark.parametrize("names", [["a.json", "a.json"], ["a.json", "b.json", "a.json"]])
def test_samples_that_occur_twice_are_refused(tmp_path: Path, names: list[str]) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    with pytest.raises(BadDataError, match=r"'a' (has a file|is there) twice"):
        list(read_samples(tmp_path / "a.tar"))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_damage_ends_in_anything_but_samples_or_our_error(tmp_path: Path, data: st.DataObject) -> None:
    with TarWriter(tmp_path / "a.tar") as writer:
        writer.write(Sample("a", {"json": b"{}", "png": b"x" * 600}))
    content = bytearray((tmp_path / "a.tar").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, 3000))] = data.draw(st.integers(0, 255))
    (tmp_path / "a.tar").write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        found = list(read_samples(tmp_path / "a.tar"))
    except BadDataError:
        return
    assert sum(len(part) for sample in found for part in sample.files.values()) <= len(content)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_honest_tars_of_other_tools_are_read(tmp_path: Path, form: int) -> None:
    long = "d" * 80 + "/" + "k" * 90
    with tarfile.open(tmp_path / "a.tar", "w", format=form) as tar:
        for name in ("./part/a.json", "./part/a.seg.png", f"./{long}.json", "ä.json"):
            info = tarfile.TarInfo(name)
            info.size, info.mtime = 3, 1.5 if form == tarfile.PAX_FORMAT else 1
            tar.addfile(info, io.BytesIO(b"abc"))
    found = {sample.key: dict(sample.files) for sample in read_samples(tmp_path / "a.tar")}
    assert found["part/a"] == {"json": b"abc", "seg.png": b"abc"}
    assert set(found) == {"part/a", long, "ä"}
