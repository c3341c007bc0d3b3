"""Every named corpus, tiny, ingested once: all of speech in one run, all of pictures in another."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from stages.core.records import Record
from stages.core.tars import read_samples
from stages.ingest.params import IngestParams
from stages.ingest.run import ingest
from tests.ingest.layouts import trees
from tests.ingest.material import Site, body, png_bytes, serving


class Ingested:
    """What came out of a corpus, by source."""

    def __init__(self, folder: Path) -> None:
        tars = sorted(folder.glob("*.tar"))
        self._records = [sample.record for tar in tars for sample in read_samples(tar)]
        ledgers = sorted(folder.glob("*.ledger.parquet"))
        self._rows = [row for path in ledgers for row in pq.read_table(path).to_pylist()]

    def records(self, source: str) -> list[Record]:
        return [record for record in self._records if record.source == source]

    def reasons(self, source: str) -> list[str]:
        return [row["reason"] for row in self._rows if row["source"] == source]


def ingest_all(folder: Path, kind: str, root: Path, sources: list[dict[str, Any]], **more: Any) -> Ingested:
    params = IngestParams.model_validate({"kind": kind, "root": str(root), "sources": sources, **more})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TENFOLD_WORKERS", "1")
        ingest("c", params, 3, lambda _: None, work=folder / "work", out=folder / "out")
    return Ingested(folder / "out" / "c")


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    """Six corpora; some manifests are roots, some files, one is an absolute path."""
    folder = tmp_path_factory.mktemp("speech")
    root = folder / "root"
    for build in (trees.common_voice, trees.librispeech, trees.mls, trees.fleurs, trees.tedlium):
        build(root)
    trees.voxpopuli_cut(root / "cut")
    trees.voxpopuli_sessions(root / "sessions")
    sources = [
        {"name": "voices", "layout": "common_voice", "manifest": "cv-corpus-13.0-2023-03-09"},
        {
            "name": "validated",
            "layout": "common_voice",
            "manifest": "cv-corpus-13.0-2023-03-09/de/validated.tsv",
        },
        {"name": "libri", "layout": "librispeech", "manifest": "LibriSpeech"},
        {"name": "mls", "layout": "mls", "manifest": "mls_*/*/transcripts.txt"},
        {"name": "cut", "layout": "voxpopuli", "manifest": "cut"},
        {
            "name": "sessions",
            "layout": "voxpopuli",
            "manifest": str(root / "sessions/transcribed_data/en/asr_en.tsv.gz"),
        },
        {"name": "fleurs", "layout": "fleurs", "manifest": "data"},
        {
            "name": "plain",
            "layout": "fleurs",
            "manifest": "data/de_de/test.tsv",
            "columns": {"text": "transcription"},
            "split": "held",
        },
        {"name": "talks", "layout": "tedlium", "manifest": "TEDLIUM_release-3/legacy"},
    ]
    return ingest_all(folder, "audio", root, sources)


@pytest.fixture(scope="session")
def pictures_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingested]:
    """Seven corpora, their links leading to a server of this machine."""
    folder = tmp_path_factory.mktemp("pictures")
    root = folder / "root"
    with serving() as site:
        url = _pictures(site)
        for build in (trees.laion, trees.datacomp, trees.conceptual, trees.coyo, trees.coco, trees.yfcc):
            build(root, url)
        names = ("laion", "datacomp", "cc3m", "cc12m", "coyo", "coco", "yfcc")
        sources = [{"name": name, "layout": name, "manifest": name} for name in names]
        yield ingest_all(folder, "image", root, sources, fetch={"allow_private": ["127.0.0.1/32"]})


def _pictures(site: Site) -> trees.Url:
    """A site on which every picture has its own colour."""

    def url(name: str) -> str:
        path = f"/{name}.png"
        site.answers[path] = body(png_bytes((len(site.answers), 9, 9)))
        return site.url(path)

    return url
