"""Ingest ended at any point, by any signal, or by a full disk: what is done is kept, the bytes are the same.

What is ended is the real command; the run that goes on from it works in the process of the test.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import psutil
import pytest

from stages.core.errors import BadConfigError
from stages.core.params import load
from stages.ingest.ledger import Retry
from stages.ingest.params import IngestParams
from stages.ingest.run import ingest
from stages.ingest.spool import to_entry
from tests.ingest.material import Site, body, png_bytes, serving, status, write_jsonl

pytestmark = pytest.mark.fault

LINES, SHARD, CONCURRENCY = 20, 8, 2  # three shards, the last of four lines
GONE = (3, 12)  # lines whose links answer 404
POINTS = (
    "ingest-after-plan", "ingest-after-line-3", "ingest-after-tar", "ingest-after-marker",
    "ingest-before-publish", "ingest-after-publish",
)  # fmt: skip
OF_THE_PARENT = {"ingest-after-plan", "ingest-before-publish", "ingest-after-publish"}
AGAIN = {"ingest-after-tar"}  # where a new worker dies, too; elsewhere it goes on from what is done


class Corpus:
    """Links to a server on this machine, and a folder in which they are ingested by the real command."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.folder, self.site = folder, site
        rows = [{"url": site.url(f"/{line}"), "text": f"No {line}"} for line in range(LINES)]
        manifest = write_jsonl(folder / "m.jsonl", rows)
        for line in range(LINES):
            site.answers[f"/{line}"] = status(404) if line in GONE else body(png_bytes((line, 0, 0)))
        source = {"name": "web", "manifest": str(manifest), "licence": "MIT"}
        patience = {"attempts": 1, "longest_wait": 0.0, "deadline": 300, "stall": 300}
        fetch = {"allow_private": ["127.0.0.1/32"], "concurrency": CONCURRENCY, **patience}
        params = {"kind": "image", "root": ".", "shard_samples": SHARD, "sources": [source], "fetch": fetch}
        found = IngestParams.model_validate(params).model_dump_json(exclude_defaults=True)
        (folder / "params.yaml").write_text(f"seed: 3\ningest:\n  c: {found}\n")

    def start(self, *arguments: str, fail_at: str = "", largest_file: int = 0) -> subprocess.Popen[str]:
        environment = os.environ | {"TENFOLD_WORKERS": "1", "PYTHONPATH": str(Path.cwd())}
        bound = [f"--fsize={largest_file}"] if largest_file else []
        return subprocess.Popen(
            ["prlimit", *bound, sys.executable, "-m", "stages.ingest", "run", "c", *arguments],
            cwd=self.folder,
            env=environment | {"TENFOLD_FAIL_AT": fail_at},
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **keywords: Any) -> tuple[int, str]:
        with self.start(*arguments, **keywords) as process:
            _, errors = process.communicate()
        return process.returncode, errors

    def run_here(self, retry: Retry | None = None) -> None:
        """The same without a process of its own, for what nobody ends."""
        found = load("ingest.c", IngestParams, self.folder / "params.yaml")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("stages.ingest.run.map_shards", lambda function, tasks, **_: map(function, tasks))
            work, out = self.folder / "data" / "work" / "ingest", self.folder / "data" / "ingested"
            ingest("c", found, 3, lambda _: None, retry=retry, work=work, out=out)

    def journalled(self) -> set[str]:
        """The paths of the links that stand in a journal."""
        lines = [
            line for path in self.folder.rglob("*.journal") for line in path.read_bytes().splitlines(True)
        ]
        return {entry.row.origin.removeprefix(self.site.url("")) for entry in map(to_entry, lines) if entry}

    def asked(self) -> Counter[str]:
        """The paths that were asked for since the last time."""
        paths = Counter(path for path in self.site.requests if path in self.site.answers)
        self.site.requests.clear()
        return paths

    def result(self) -> dict[str, bytes]:
        folder = self.folder / "data" / "ingested" / "c"
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


ALL = {f"/{line}" for line in range(LINES)}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving() as found:
        yield found


@pytest.fixture
def corpus(tmp_path: Path, site: Site) -> Corpus:
    site.requests.clear()
    return Corpus(tmp_path, site)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory, site: Site) -> dict[str, bytes]:
    """What an undisturbed run makes of the corpus."""
    corpus = Corpus(tmp_path_factory.mktemp("unbroken"), site)
    corpus.run_here()
    return corpus.result()


def finish(corpus: Corpus, unbroken: dict[str, bytes], *, at_most_twice: int = 2 * CONCURRENCY) -> None:
    """Run to the end; what was journalled is not asked for again, and the bytes are the unbroken run's."""
    before, journalled = corpus.asked(), corpus.journalled()
    corpus.run_here()
    again = corpus.asked()
    assert set(before + again) == ALL
    assert not set(again) & journalled
    assert (before + again).total() <= LINES + at_most_twice  # those under way when it ended, once more
    assert corpus.result() == unbroken
    assert not list(corpus.folder.rglob("*.part")) + list(corpus.folder.rglob("*.spool"))


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point(point: str, corpus: Corpus, unbroken: dict[str, bytes]) -> None:
    code, errors = corpus.run(fail_at=point)
    assert code == (-signal.SIGKILL if point in OF_THE_PARENT else 75 if point in AGAIN else 0), errors
    finish(corpus, unbroken)


class Begun:
    """A run in the middle of its first shard, held there by a link that does not answer."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus, self.answer = corpus, Event()
        held = corpus.site.answers["/5"]

        def hold(handler: Any) -> None:
            self.answer.wait()
            held(handler)

        corpus.site.answers["/5"] = hold
        self.process = corpus.start()
        while len(corpus.journalled()) < SHARD - 1:
            time.sleep(0.01)

    def end(self) -> tuple[int, str]:
        _, errors = self.process.communicate()
        self.answer.set()
        return self.process.returncode, errors


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)]
)
def test_ended_by_a_signal_in_mid_shard(
    number: int, code: int, corpus: Corpus, unbroken: dict[str, bytes]
) -> None:
    begun = Begun(corpus)
    begun.process.send_signal(number)
    found, errors = begun.end()
    assert found == code, errors
    assert "Traceback" not in errors
    assert len(corpus.journalled()) == SHARD - 1
    finish(corpus, unbroken, at_most_twice=1)


def test_what_a_killed_worker_had_finished_is_kept(corpus: Corpus, unbroken: dict[str, bytes]) -> None:
    begun = Begun(corpus)
    (worker,) = (  # the child of the fork server
        grandchild
        for child in psutil.Process(begun.process.pid).children()
        for grandchild in child.children()
    )
    worker.kill()
    begun.answer.set()
    code, errors = begun.end()
    assert code == 0, errors
    assert corpus.asked() == Counter([*ALL, "/5"])
    assert corpus.result() == unbroken


def test_a_second_run_is_refused_and_the_first_unharmed(corpus: Corpus, unbroken: dict[str, bytes]) -> None:
    begun = Begun(corpus)
    code, errors = corpus.run()
    assert (code, f"process {begun.process.pid} is writing here" in errors) == (75, True)
    begun.answer.set()
    assert begun.end()[0] == 0
    assert corpus.asked() == Counter(ALL)
    assert corpus.result() == unbroken


def test_a_full_disk(corpus: Corpus, unbroken: dict[str, bytes]) -> None:
    code, errors = corpus.run(largest_file=10_000)
    assert (code, "no room left on the disk; free some" in errors) == (75, True)
    assert corpus.journalled()
    finish(corpus, unbroken)


def test_damage_to_the_spool_costs_its_lines_only(corpus: Corpus, unbroken: dict[str, bytes]) -> None:
    assert corpus.run(fail_at="ingest-after-tar")[0] == 75  # a second worker dies there, too
    (spool,) = corpus.folder.rglob("*.spool")
    content = bytearray(spool.read_bytes())
    content[-1] ^= 1
    spool.write_bytes(content)
    (tar,) = corpus.folder.rglob("00000.tar")
    tar.write_bytes(tar.read_bytes()[:1000])
    corpus.site.requests.clear()
    corpus.run_here()
    assert len(set(corpus.asked()) & {f"/{line}" for line in range(SHARD)}) == 1
    assert corpus.result() == unbroken


@pytest.mark.parametrize("point", ["ingest-after-reopen", "ingest-before-publish"])
def test_a_retry_asks_for_failed_links_alone(point: str, corpus: Corpus, unbroken: dict[str, bytes]) -> None:
    corpus.run_here()
    corpus.asked()
    corpus.site.answers |= {f"/{line}": body(png_bytes((line, 0, 0))) for line in GONE}
    corpus.run_here("transient")
    assert (corpus.asked(), corpus.result()) == (Counter(), unbroken)
    assert corpus.run("--retry", "failed", fail_at=point)[0] != 0
    assert corpus.result() == unbroken  # what is published stays until it is replaced
    corpus.run_here("failed")
    assert corpus.asked() == Counter(f"/{line}" for line in GONE)
    changed = {name for name, content in corpus.result().items() if content != unbroken[name]}
    assert changed == {f"{number:05d}{end}" for number in (0, 1) for end in (".tar", ".ledger.parquet")}


def test_without_a_finished_run_there_is_nothing_to_retry(corpus: Corpus) -> None:
    with pytest.raises(BadConfigError, match="run without --retry first"):
        corpus.run_here("failed")
    assert not corpus.asked()


DVC = """
stages:
  ingest:
    cmd: exec python -m stages.ingest run c
    deps: [m.jsonl]
    outs:
      - data/ingested/c:
          persist: true
"""


@pytest.mark.end_to_end
def test_dvc_takes_a_retry_over_and_undoes_nothing(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    (corpus.folder / "dvc.yaml").write_text(DVC)

    def dvc(*arguments: str) -> str:
        command = [sys.executable, "-m", "dvc", *arguments]
        return subprocess.run(command, cwd=corpus.folder, check=True, capture_output=True, text=True).stdout

    dvc("init", "--no-scm", "--quiet")
    dvc("repro")
    assert corpus.asked() == Counter(ALL)
    corpus.site.answers |= {f"/{line}": body(png_bytes((line, 0, 0))) for line in GONE}
    corpus.run_here("failed")
    retried = corpus.result()
    corpus.site.requests.clear()
    dvc("repro")
    assert (corpus.asked(), corpus.result()) == (Counter(), retried)
    assert "up to date" in dvc("status")
