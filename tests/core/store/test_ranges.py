"""Ranges of tars in S3: the right bytes, few requests, bounded memory."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.core.errors import BadDataError
from stages.core.store.catalogue import Catalogue, Stored, read_catalogue, write_catalogue
from stages.core.store.ranges import BLOCK, RemoteTars
from stages.core.store.s3 import S3
from tests.core.store.server import FaultyS3

CONTENT = np.random.default_rng(1).bytes(5 * BLOCK + 1234)


@pytest.fixture
def catalogue(s3: FaultyS3, tmp_path: Path) -> Catalogue:
    stored = Stored(sha256=hashlib.sha256(CONTENT).hexdigest(), bytes=len(CONTENT))
    (tmp_path / "a.tar").write_bytes(CONTENT)
    S3("s3://shards").put(tmp_path / "a.tar", stored.object_name("a.tar"), stored)
    s3.requests.clear()
    return Catalogue(store="s3://shards", tars={"a.tar": stored})


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, len(CONTENT)), st.integers(0, len(CONTENT))), max_size=8),
    st.integers(1, 4),
)
def test_every_range_is_right(catalogue: Catalogue, ranges: list[tuple[int, int]], blocks_kept: int) -> None:
    tars = RemoteTars(catalogue, most=blocks_kept * BLOCK)
    for ends in ranges:
        start, end = sorted(ends)
        assert tars.read("a.tar", start, end - start) == CONTENT[start:end]


def test_what_was_read_is_not_asked_for_again(s3: FaultyS3, catalogue: Catalogue) -> None:
    tars = RemoteTars(catalogue)
    tars.read("a.tar", 10, 3 * BLOCK)
    tars.read("a.tar", 500, BLOCK)
    assert [span for _, _, span in s3.requests] == [f"bytes=0-{4 * BLOCK - 1}"]


def test_who_reads_on_is_read_ahead_for(s3: FaultyS3, catalogue: Catalogue) -> None:
    tars = RemoteTars(catalogue)
    step = 10_000
    whole = b"".join(
        tars.read("a.tar", start, min(step, len(CONTENT) - start)) for start in range(0, len(CONTENT), step)
    )
    assert whole == CONTENT
    spans = [(0, 1), (1, 3), (3, 6)]  # in blocks; the last one is short
    ends = [min(last * BLOCK, len(CONTENT)) - 1 for _, last in spans]
    expected = [f"bytes={first * BLOCK}-{end}" for (first, _), end in zip(spans, ends, strict=True)]
    assert [span for _, _, span in s3.requests] == expected


def test_threads_read_at_once(catalogue: Catalogue) -> None:
    tars = RemoteTars(catalogue, most=2 * BLOCK)
    starts = [n * 7919 % (len(CONTENT) - 100) for n in range(100)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda start: tars.read("a.tar", start, 100), starts))
    assert found == [CONTENT[start : start + 100] for start in starts]


def test_what_the_catalogue_does_not_have_is_refused_unasked(s3: FaultyS3, catalogue: Catalogue) -> None:
    tars = RemoteTars(catalogue)
    for name, offset in (("b.tar", 0), ("a.tar", len(CONTENT))):
        with pytest.raises(BadDataError, match="missing or shorter"):
            tars.read(name, offset, 1)
    assert not s3.requests


def test_a_catalogue_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_catalogue(tmp_path) is None
    catalogue = Catalogue(store="s3://a/b", tars={"x.tar": Stored(sha256="0" * 64, bytes=1)})
    write_catalogue(tmp_path, catalogue)
    assert read_catalogue(tmp_path) == catalogue
    (tmp_path / "store.json").write_text('{"store": "s3://a", "tars": {"x": {"sha256": "1", "bytes": 1}}}')
    with pytest.raises(BadDataError, match=r"store\.json: damaged"):
        read_catalogue(tmp_path)
