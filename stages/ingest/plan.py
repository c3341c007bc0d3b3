"""What is to be done, decided before anything big is fetched: manifests to slices of items.

The plan lies in a work folder named by a hash of everything it depends on, so that a run that was killed is
found again by an equal run, and by no other.
"""

import hashlib
import itertools
import json
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from stages.core.errors import BadDataError, TryAgainError
from stages.core.files import digest, fresh_folder, write_bytes, write_json, write_text
from stages.core.process import failpoint
from stages.core.safety import BadItemError, below
from stages.ingest.compose import draw_utterances
from stages.ingest.fetch import REMOTE, Base, Fetcher, link_scheme
from stages.ingest.items import Item, item_key
from stages.ingest.params import IngestParams, Source
from stages.ingest.samples import Recordings
from stages.ingest.shards import ShardTask
from stages.ingest.sources.rows import read_items

_MANIFEST_DEADLINE = 3600.0  # seconds for a manifest that is itself a link


@dataclass(frozen=True)
class Located:
    """A source whose manifest is on this machine.

    Attributes:
        source: its params.
        manifest: the file to read.
        prefix: what its relative links are joined to: a folder below the base, or a URL.
        base: what its local links may not leave.
    """

    source: Source
    manifest: Path
    prefix: str
    base: Base


def make_plan(params: IngestParams, seed: int, work: Path) -> tuple[Path, list[ShardTask]]:
    """Decide what each shard holds, or find what an equal run decided before it was killed.

    Args:
        params: of the corpus.
        seed: the root seed.
        work: the corpus's work folder, held by this process alone.

    Returns:
        The folder in which this run works, and its shards in order. Their outputs go to `shards` inside it.

    Raises:
        BadDataError: a manifest is missing, damaged or lacks a column.
        TryAgainError: a manifest could not be fetched for now, or the disk is full.
    """
    located = [_locate(params, source, work / "manifests") for source in params.sources]
    folder = work / _fingerprint(params, seed, located)
    done = folder / "plan.json"
    if not done.exists():
        count = _write_slices(_all_items(params, seed, located), params.shard_samples, folder)
        failpoint("ingest-after-plan")
        write_json(done, {"shards": count})
    count = json.loads(done.read_text(encoding="utf-8"))["shards"]
    bases = {one.source.name: one.base for one in located}
    tasks = [
        ShardTask(number, folder / "plan" / f"{number:05d}.jsonl", folder / "shards", params, bases)
        for number in range(count)
    ]
    return folder, tasks


def _locate(params: IngestParams, source: Source, downloads: Path) -> Located:
    """Find the manifest of a source below the root, at an absolute path, or on the network."""
    if link_scheme(source.manifest) in REMOTE:
        path = _download(params, source, downloads)
        return Located(source, path, source.manifest, Base(None))
    given = Path(source.manifest)
    if given.is_absolute():
        return Located(source, given, "", Base(given.parent, source.allow_absolute))
    try:
        path = below(Path(params.root), source.manifest)
    except BadItemError as error:
        raise BadDataError(f"source '{source.name}': manifest {error}") from error
    if not path.is_file():
        raise BadDataError(
            f"{params.root}/{source.manifest}: not found; source '{source.name}' names it as its manifest"
        )
    prefix = posixpath.dirname(source.manifest)
    return Located(source, path, prefix, Base(Path(params.root), source.allow_absolute))


def _download(params: IngestParams, source: Source, downloads: Path) -> Path:
    name = posixpath.basename(source.manifest.partition("?")[0])
    path = downloads / source.name / name
    try:
        with Fetcher(params.fetch.by_name, params.fetch.manifest_bytes) as fetcher:
            write_bytes(path, fetcher.read(source.manifest, Base(None), _MANIFEST_DEADLINE).content)
    except BadItemError as error:
        message = f"{source.manifest}: manifest of source '{source.name}' cannot be fetched ({error})"
        raise (TryAgainError if error.kind == "transient" else BadDataError)(message) from error
    return path


def _fingerprint(params: IngestParams, seed: int, located: list[Located]) -> str:
    """Of the params, the seed, the manifests, and the code that turns them into samples."""
    facts = [
        params.model_dump_json(),
        str(seed),
        *(digest(one.manifest) for one in located),
        *(digest(file) for file in _code()),
    ]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def _code() -> list[Path]:
    """The files of this stage and of the core."""
    stage = Path(__file__).parent
    return sorted(stage.rglob("*.py")) + sorted((stage.parent / "core").glob("*.py"))


def _write_slices(items: Iterator[Item], size: int, folder: Path) -> int:
    plan = fresh_folder(folder / "plan")
    for number in itertools.count():
        piece = list(itertools.islice(items, size))
        if not piece:
            return number
        lines = [item.model_dump_json(exclude_defaults=True) for item in piece]
        write_text(plan / f"{number:05d}.jsonl", "\n".join(lines) + "\n")
    raise AssertionError("unreachable: count() has no end")


def _all_items(params: IngestParams, seed: int, located: list[Located]) -> Iterator[Item]:
    for one in located:
        lines = (_with_link(one, item) for item in _read(params, one))
        yield from lines if one.source.compose is None else _composed(params, seed, one, lines)


def _read(params: IngestParams, one: Located) -> Iterator[Item]:
    return read_items(one.source, one.manifest, params.bounds.characters)


def _with_link(one: Located, item: Item) -> Item:
    """The item with its relative link joined to where its manifest lies."""
    if item.problem or link_scheme(item.link):
        return item
    if one.base.folder is None:
        return item.model_copy(update={"link": _join_remote(one.prefix, item.link)})
    return item.model_copy(update={"link": posixpath.normpath(posixpath.join(one.prefix, item.link))})


def _join_remote(manifest: str, link: str) -> str:
    """Relative to the manifest's URL. `urljoin` does not know s3, which has the same form as http."""
    if link_scheme(manifest) != "s3":
        return urljoin(manifest, link)
    return "s3" + urljoin("http" + manifest.removeprefix("s3"), link).removeprefix("http")


def _composed(params: IngestParams, seed: int, one: Located, lines: Iterator[Item]) -> Iterator[Item]:
    """The utterances of a source, after the lines whose recordings cannot be used."""
    recipe = one.source.compose
    if recipe is None:
        return
    words: list[tuple[Item, int]] = []
    with Fetcher(params.fetch, params.bounds.bytes) as fetcher:
        recordings = Recordings(fetcher, one.base, params.bounds, recipe.silence)
        for item in lines:
            problem = item.problem
            try:
                if not problem:
                    words.append((item, len(recordings.read(item.link)[0])))
            except BadItemError as error:
                problem = error.reason
            if problem:
                key = item_key(one.source.name, int(item.key.rpartition("-")[2]), "word")
                yield item.model_copy(update={"key": key, "problem": problem})
    yield from draw_utterances(recipe, words, seed, one.source.name, one.source.split)
