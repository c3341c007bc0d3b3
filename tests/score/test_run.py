"""From tars to tables: a row for each sample, whatever is in it, and the same bytes each time."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stages.core.errors import BadConfigError, BadDataError
from stages.core.features import FEATURES
from stages.core.records import Sample
from stages.core.tars import TarWriter
from stages.score import run
from stages.score.params import ScoreParams
from stages.score.run import score_corpus
from tests.score.material import drawing, png, tone

Make = Callable[..., Sample]


def write(path: Path, samples: list[Sample]) -> None:
    with TarWriter(path) as tar:
        for one in samples:
            tar.write(one)


def score(root: Path, **params: object) -> int:
    chosen = ScoreParams.model_validate(params)
    return score_corpus(root / "in", root / "out", chosen, root / "work", lambda _line: None)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def corpus(tmp_path: Path, sample: Make) -> Path:
    """Two tars with three samples, one of which is broken, and an empty one."""
    write(tmp_path / "in" / "00000.tar", [sample("b", "png", png(drawing())), sample("a", "flac", tone())])
    write(tmp_path / "in" / "00001.tar", [sample("c", "png", b"broken")])
    write(tmp_path / "in" / "00002.tar", [])
    (tmp_path / "in" / "00000.ledger.parquet").write_bytes(b"not ours")
    return tmp_path


def test_a_corpus_is_scored_shard_by_shard(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert score(corpus) == 3
    tables = {path.name: pq.read_table(path) for path in sorted((corpus / "out").iterdir())}
    assert [table.schema for table in tables.values()] == [FEATURES] * 3
    keys = {name: table["key"].to_pylist() for name, table in tables.items()}
    assert keys == {"00000.parquet": ["a", "b"], "00001.parquet": ["c"], "00002.parquet": []}
    before = contents(corpus / "out")
    shutil.rmtree(corpus / "out")
    monkeypatch.setattr("stages.score.run.map_shards", map)  # one process instead of several
    score(corpus)
    assert contents(corpus / "out") == before


@pytest.mark.usefixtures("in_this_process")
def test_the_order_of_samples_in_a_tar_changes_nothing(tmp_path: Path, sample: Make) -> None:
    samples = [sample("a", "flac", tone()), sample("b", "png", png(drawing())), sample("c", "png", b"broken")]
    tables = []
    for number, order in enumerate((samples, samples[::-1])):
        root = tmp_path / str(number)
        write(root / "in" / "00000.tar", order)
        score(root)
        tables.append(contents(root / "out"))
    assert tables[0] == tables[1]


@pytest.mark.usefixtures("in_this_process")
def test_a_person_sees_how_far_it_is(corpus: Path) -> None:
    lines: list[str] = []
    score_corpus(corpus / "in", corpus / "out", ScoreParams(), corpus / "work", lines.append)
    assert [line.partition(" samples,")[0] for line in lines] == [
        "out: shard 1 of 3, 2", "out: shard 2 of 3, 3", "out: shard 3 of 3, 3"
    ]  # fmt: skip


@pytest.mark.usefixtures("in_this_process")
def test_a_damaged_tar_stops_and_what_was_there_stays(tmp_path: Path, sample: Make) -> None:
    write(tmp_path / "in" / "00000.tar", [sample("a", "png", png(drawing()))])
    score(tmp_path)
    content = (tmp_path / "in" / "00000.tar").read_bytes()
    (tmp_path / "in" / "00000.tar").write_bytes(content[:700])
    with pytest.raises(BadDataError, match=r"00000\.tar: damaged"):
        score(tmp_path)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["00000.parquet"]


def test_nothing_to_score_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadDataError, match="dvc repro ingest"):
        score(tmp_path)


@pytest.mark.usefixtures("in_this_process")
def test_what_is_done_is_not_done_again(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = corpus / "in" / "00001.tar"
    good = broken.read_bytes()
    broken.write_bytes(good[:700])
    with pytest.raises(BadDataError):
        score(corpus)
    broken.write_bytes(good)
    seen: list[str] = []
    measure = run.score_sample
    monkeypatch.setattr(run, "score_sample", lambda one: seen.append(one.key) or measure(one))
    score(corpus)
    assert seen == ["c"]
    assert not (corpus / "work").exists()


@pytest.mark.usefixtures("in_this_process")
def test_other_content_or_other_params_are_scored_anew(corpus: Path, sample: Make) -> None:
    tables = run.score_shard(run.ShardTask(corpus / "in" / "00000.tar", corpus, ScoreParams(), "me")).table
    again = run.score_shard(run.ShardTask(corpus / "in" / "00000.tar", corpus, ScoreParams(), "you")).table
    write(corpus / "in" / "00000.tar", [sample("b", "png", png(drawing()))])
    other = run.score_shard(run.ShardTask(corpus / "in" / "00000.tar", corpus, ScoreParams(), "me")).table
    assert len({tables, again, other}) == 3


@pytest.mark.usefixtures("in_this_process")
def test_a_function_that_is_not_there_is_bad_configuration(corpus: Path) -> None:
    with pytest.raises(BadConfigError, match=r"score.models.nsfw.function: no.such:thing cannot be imported"):
        score(corpus, models={"nsfw": {"function": "no.such:thing"}})


@pytest.mark.fault
def test_a_run_that_was_killed_goes_on_and_ends_with_the_same_bytes(corpus: Path) -> None:
    score(corpus)
    expected = contents(corpus / "out")
    killed = corpus / "killed"
    (killed / "data" / "ingested").mkdir(parents=True)
    (corpus / "in").rename(killed / "data" / "ingested" / "images")
    (killed / "params.yaml").write_text("score: {images: {models: {}}}\n")
    command = [sys.executable, "-m", "stages.score", "images"]
    environment = os.environ | {"PYTHONPATH": str(Path.cwd()), "TENFOLD_WORKERS": "1"}
    first = subprocess.run(
        command, cwd=killed, env=environment | {"TENFOLD_FAIL_AT": "score-after-shard"}, check=False
    )
    assert first.returncode == -signal.SIGKILL
    assert not (killed / "data" / "scored" / "images").exists()
    assert list((killed / "data" / "work" / "score" / "images" / "tables").glob("00000.*.parquet"))
    subprocess.run(command, cwd=killed, env=environment, check=True)
    assert contents(killed / "data" / "scored" / "images") == expected
