"""What is to be done, decided before anything big is fetched: manifests to slices of items.

The plan lies in a work folder named by a hash of everything it depends on, so that a run that was killed is
found again by an equal run, and by no other.
"""

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

from stages.core.files import digest, fresh_folder, write_json, write_text
from stages.core.process import failpoint
from stages.core.safety import BadItemError
from stages.ingest.compose import draw_utterances
from stages.ingest.fetch import Base, Fetcher
from stages.ingest.items import Item, item_key
from stages.ingest.layouts import READY
from stages.ingest.params import IngestParams
from stages.ingest.ready.tars import tar_items
from stages.ingest.samples import Recordings
from stages.ingest.shards import ShardTask
from stages.ingest.sources.parts import Located, Part, locate
from stages.ingest.sources.rows import read_items


def make_plan(params: IngestParams, seed: int, work: Path) -> tuple[Path, Sequence[ShardTask]]:
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
    located = [locate(params, source, work / "manifests") for source in params.sources]
    folder = work / _fingerprint(params, seed, located)
    done = folder / "plan.json"
    if not done.exists():
        count = _write_slices(_all_items(params, seed, located), params.shard_samples, folder)
        failpoint("ingest-after-plan")
        write_json(done, {"shards": count})
    count = json.loads(done.read_text(encoding="utf-8"))["shards"]
    bases = {one.source.name: one.base for one in located}
    return folder, Tasks(folder, params, bases, count)


@dataclass(frozen=True)
class Tasks(Sequence[ShardTask]):
    """The shards of a plan, made as they are asked for: there may be hundreds of thousands."""

    folder: Path
    params: IngestParams
    bases: Mapping[str, Base]
    size: int

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, index: int) -> ShardTask: ...

    @overload
    def __getitem__(self, index: slice) -> list[ShardTask]: ...

    def __getitem__(self, index: int | slice) -> ShardTask | list[ShardTask]:
        numbers = range(self.size)[index]
        if isinstance(numbers, range):
            return [self._task(number) for number in numbers]
        return self._task(numbers)

    def _task(self, number: int) -> ShardTask:
        plan = self.folder / "plan" / f"{number:05d}.jsonl"
        return ShardTask(number, plan, self.folder / "shards", self.params, self.bases)


def _fingerprint(params: IngestParams, seed: int, located: list[Located]) -> str:
    """Of the params, the seed, the manifests, and the code that turns them into samples."""
    facts = [
        params.model_dump_json(),
        str(seed),
        *(f"{part.prefix} {_digest(part, one)}" for one in located for part in one.parts),
        *(digest(file) for file in _code()),
    ]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def _digest(part: Part, located: Located) -> str:
    """Of a manifest's bytes; ready tars are as large as their samples, and `ingest_shard` looks at those."""
    return "" if located.source.layout == READY else digest(part.path)


def _code() -> list[Path]:
    """The files of this stage and of the core."""
    stage = Path(__file__).parent
    return sorted(stage.rglob("*.py")) + sorted((stage.parent / "core").glob("*.py"))


def _write_slices(items: Iterator[Item], size: int, folder: Path) -> int:
    plan = fresh_folder(folder / "plan")
    count = 0
    for piece in _pieces(items, size):
        lines = [item.model_dump_json(exclude_defaults=True) for item in piece]
        write_text(plan / f"{count:05d}.jsonl", "\n".join(lines) + "\n")
        count += 1
    return count


def _pieces(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    """Items in slices of one shard each; a ready tar is a shard by itself."""
    for ready, group in itertools.groupby(items, key=lambda item: item.ready):
        while piece := list(itertools.islice(group, 1 if ready else size)):
            yield piece


def _all_items(params: IngestParams, seed: int, located: list[Located]) -> Iterator[Item]:
    for one in located:
        if one.source.layout == READY:
            yield from tar_items(one)
            continue
        lines = read_items(one, params.bounds.characters)
        yield from lines if one.source.compose is None else _composed(params, seed, one, lines)


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
