"""A stranger's tar is read by its headers, within bounds, and never believed."""

import io
import tarfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.safety import BadItemError
from stages.ingest.ready.groups import Group, read_groups
from stages.ingest.ready.members import TarMember, read_members

MEDIA = frozenset({"jpg"})
Change = Callable[[tarfile.TarInfo], None]


def tar_of(
    *members: tuple[str, bytes], change: Change = lambda _: None, form: int = tarfile.USTAR_FORMAT
) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            change(info)
            tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return file.getvalue()


def members(content: bytes) -> list[TarMember]:
    return list(read_members(io.BytesIO(content)))


def groups(content: bytes, limit: int = 1000) -> list[Group]:
    return list(read_groups(io.BytesIO(content), MEDIA, limit))


def problem(group: Group) -> str | None:
    return group.problem.reason if group.problem else None


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("name", ["a.jpg", "deep/er/b.jpg", "x" * 150 + "/" + "y" * 90 + ".jpg", "é/ü.jpg"])
def test_the_forms_of_tar_give_the_same_members(form: int, name: str) -> None:
    def with_float_time(info: tarfile.TarInfo) -> None:  # as webdataset's writer stamps it
        info.mtime = 1.5 if form == tarfile.PAX_FORMAT else 1

    found = members(tar_of((name, b"content"), ("z.txt", b""), change=with_float_time, form=form))
    assert [(member.name, member.size, member.problem) for member in found] == [
        (name, 7, None),
        ("z.txt", 0, None),
    ]


@settings(deadline=None)
@given(st.lists(st.tuples(st.from_regex(r"\A[a-z]{1,9}\.jpg\Z"), st.binary(max_size=2000)), max_size=6))
def test_contents_are_what_was_written(files: list[tuple[str, bytes]]) -> None:
    content = tar_of(*files)
    assert [content[member.offset : member.offset + member.size] for member in members(content)] == [
        file for _, file in files
    ]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (tarfile.SYMTYPE, "link_member"), (tarfile.LNKTYPE, "link_member"),
        (tarfile.CHRTYPE, "device_member"), (tarfile.BLKTYPE, "device_member"),
        (tarfile.FIFOTYPE, "device_member"), (b"Q", "odd_member"),
    ],
)  # fmt: skip
def test_what_is_no_file_is_refused(kind: bytes, reason: str) -> None:
    def change(info: tarfile.TarInfo) -> None:
        if info.name == "bad.jpg":
            info.type, info.linkname, info.size = kind, "/etc/passwd", 0

    bad, good = groups(tar_of(("bad.jpg", b""), ("good.jpg", b"x"), change=change))
    assert (problem(bad), bad.problem and bad.problem.kind) == (reason, "refused")
    assert good.files == {"jpg": b"x"}


@pytest.mark.parametrize(
    "name", ["../x.jpg", "/etc/x.jpg", "a/../../x.jpg", "a\\b.jpg", "a\nb.jpg", "x" * 300 + ".jpg"]
)
def test_a_name_that_leads_anywhere_is_refused(name: str) -> None:
    bad, good = groups(tar_of((name, b"x"), ("good.jpg", b"x"), form=tarfile.PAX_FORMAT))
    assert (problem(bad), problem(good)) == ("unsafe_name", None)


def test_folders_and_files_of_no_use_are_passed_over() -> None:
    def change(info: tarfile.TarInfo) -> None:
        if info.name == "folder":
            info.type = tarfile.DIRTYPE

    (only,) = groups(tar_of(("folder", b""), ("a.jpg", b"x"), ("a.npy", b"y" * 5000), change=change))
    assert only.files == {"jpg": b"x"}


def test_duplicates_are_counted_by_what_they_are() -> None:
    content = tar_of(("a.jpg", b"1"), ("a.jpg", b"2"), ("b.jpg", b"3"), ("a.txt", b"4"), ("c.jpg", b"5"))
    assert [problem(group) for group in groups(content)] == [
        "duplicate_member",
        None,
        "duplicate_sample",
        None,
    ]


def test_large_and_empty_files_are_not_read() -> None:
    content = tar_of(("a.jpg", b"x" * 1001), ("b.jpg", b""), ("c.jpg", b"x"), ("c.json", b"x" * 1001))
    assert [problem(group) for group in groups(content)] == ["too_large", "empty_file", None]


def test_a_cut_tar_keeps_what_is_whole() -> None:
    content = tar_of(("a.jpg", b"x" * 600), ("b.jpg", b"y" * 600))
    for end in (512 + 600, 512 + 1024 + 100, 512 + 1024 + 512 + 100, 2 * (512 + 1024)):
        *whole, last = groups(content[:end])
        assert problem(last) == "damaged_tar"
        expected = [{"jpg": b"x" * 600}, {"jpg": b"y" * 600}]
        assert [group.files for group in whole] == expected[: 1 if end < 2 * (512 + 1024) else 2]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no tar at all" * 100,
        tar_of(("a.jpg", b"x"))[:1024] + bytes(1024) + tar_of(("b.jpg", b"x")),  # a hole in the middle
        tar_of(("a.jpg", b"x")).replace(b"00000000001\0", b"77777777777\0", 1),  # its checksum is wrong
    ],
)
def test_damage_is_named(content: bytes) -> None:
    assert problem(groups(content)[-1]) == "damaged_tar"


@pytest.mark.parametrize("size", ["-512", "99999999999999", "x", ""])
def test_a_size_in_the_attributes_is_not_believed(size: str) -> None:
    """A negative one sends Python's own tarfile back to where it was, for ever."""

    def change(info: tarfile.TarInfo) -> None:
        info.pax_headers = {"size": size}

    content = tar_of(("a.jpg", b"x"), change=change, form=tarfile.PAX_FORMAT)
    with pytest.raises(BadItemError, match="damaged_tar"):
        members(content)


def test_attributes_without_end_are_not_collected() -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 1 << 30
    file = io.BytesIO(info.tobuf(tarfile.USTAR_FORMAT))
    file.seek((1 << 30) + 512)
    file.write(bytes(512))
    with pytest.raises(BadItemError, match="attributes of 1073741824 bytes"):
        list(read_members(file))


@settings(max_examples=200, deadline=None)
@given(flips=st.lists(st.tuples(st.integers(0, 2047), st.integers(1, 255)), min_size=1, max_size=4))
def test_no_damage_ends_in_anything_but_a_verdict(flips: list[tuple[int, int]]) -> None:
    content = bytearray(tar_of(("a.jpg", b"x" * 300), ("b.txt", b"y")))
    for place, bits in flips:
        content[place] ^= bits
    assert all(group.files or group.problem or group.name for group in groups(bytes(content)))
