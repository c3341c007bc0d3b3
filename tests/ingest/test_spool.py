"""Whatever a kill or a power cut does to the two files, what is read from them is what was written."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.files import digest
from stages.core.records import Sample
from stages.core.tars import TarWriter, read_samples
from stages.ingest.ledger import LedgerRow
from stages.ingest.spool import Spool, refill

LINES = 6


def row(line: int) -> LedgerRow:
    ok = line % 3 > 0
    fate = ("", "") if ok else ("transient", "timeout")
    return LedgerRow(
        f"s-{line}", "s", "ü.png", "ok" if ok else "failed", *fate, 1, line % 3, 7, "0" * 64, "MIT"
    )


def samples(line: int) -> list[Sample]:
    """None, one or two, by the number of the line."""
    return [
        Sample(f"s-{line}-{part}", {"png": bytes([line]) * (300 * line), "json": b"{}"})
        for part in range(line % 3)
    ]


def fill(stem: Path, lines: Iterable[int], inputs: str = "x") -> None:
    with Spool(stem, inputs) as spool:
        for line in lines:
            spool.add(line, row(line), samples(line))


def finish(stem: Path) -> str:
    """Do what is missing, write the tar, and return its hash."""
    with Spool(stem, "x") as spool:
        for line in range(LINES):
            if line not in spool.done:
                spool.add(line, row(line), samples(line))
        assert spool.rows() == [row(line) for line in range(LINES)]
        spool.write_tar(stem.with_name("out.tar"))
    return digest(stem.with_name("out.tar"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tar that the tar writer makes of the same samples."""
    path = tmp_path_factory.mktemp("whole") / "whole.tar"
    with TarWriter(path) as tar:
        for line in range(LINES):
            for sample in samples(line):
                tar.write(sample)
    return path


@pytest.mark.parametrize("order", [range(LINES), reversed(range(LINES)), (3, 0, 5, 1, 4, 2)])
def test_the_tar_is_in_the_order_of_the_plan(order: Iterable[int], tmp_path: Path, whole: Path) -> None:
    fill(tmp_path / "00000", order)
    assert finish(tmp_path / "00000") == digest(whole)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of five lines, one of them still missing."""
    folder = tmp_path_factory.mktemp("begun")
    fill(folder / "00000", (4, 1, 0, 5, 2))
    return folder


@given(suffix=st.sampled_from([".journal", ".spool"]), where=st.floats(0, 0.999), flip=st.booleans())
def test_damage_costs_lines_and_changes_none(
    suffix: str,
    where: float,
    flip: bool,
    begun: Path,
    whole: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    stem = shutil.copytree(begun, folder, dirs_exist_ok=True) / "00000"
    path = stem.with_suffix(suffix)
    content = bytearray(path.read_bytes())
    position = int(where * len(content))
    if flip:
        content[position] ^= 1
    else:
        del content[position:]
    path.write_bytes(content)
    assert finish(stem) == digest(whole)


def test_a_torn_tail_costs_only_the_line_it_belongs_to(tmp_path: Path) -> None:
    fill(tmp_path / "00000", range(LINES))
    journal, spool = tmp_path / "00000.journal", tmp_path / "00000.spool"
    journal.write_bytes(journal.read_bytes()[:-5])
    with Spool(tmp_path / "00000", "x") as found:
        assert sorted(found.done) == [0, 1, 2, 3, 4]
    with spool.open("ab") as torn:
        torn.write(b"members without a line")
    fill(tmp_path / "00000", [5])
    with spool.open("r+b") as cut:
        cut.truncate(spool.stat().st_size - 1)
    with Spool(tmp_path / "00000", "x") as found:
        assert sorted(found.done) == [0, 1, 2, 3, 4]


def test_lines_of_other_inputs_are_forgotten(tmp_path: Path) -> None:
    fill(tmp_path / "00000", range(LINES))
    with Spool(tmp_path / "00000", "other") as found:
        assert not found.done
    assert (tmp_path / "00000.spool").stat().st_size == 0


def test_a_finished_shard_is_taken_apart_and_put_together(tmp_path: Path, whole: Path) -> None:
    refill(tmp_path / "00000", "x", whole, [row(line) for line in range(LINES)], {1, 3})
    with Spool(tmp_path / "00000", "x") as found:
        assert sorted(found.done) == [0, 2, 4, 5]
    assert finish(tmp_path / "00000") == digest(whole)
    assert len(list(read_samples(tmp_path / "out.tar"))) == sum(line % 3 for line in range(LINES))
