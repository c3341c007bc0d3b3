"""Samples that a reader can see and hear: some that were kept and some that were dropped, of each source.

The choice is by a hash of the key, so that nobody picks the prettiest; of the dropped ones each reason comes
first once before any comes twice.
"""

import tarfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from stages.core.index import INDEX_NAME
from stages.core.reader import Shards
from stages.core.records import Record, Sample
from stages.core.seeds import fold
from stages.report.embed import IMAGES, Budget, thumbnail
from stages.report.tree import read_columns

KEPT, DROPPED = 12, 6  # shown per source


@dataclass(frozen=True)
class Word:
    """A stretch of speech on a track whose whole length is 100."""

    text: str
    start: float  # seconds
    end: float  # seconds
    left: float  # per cent of the track
    width: float  # per cent of the track


@dataclass(frozen=True)
class Shown:
    """A sample as the page shows it.

    Attributes:
        record: its facts.
        kind: `image` or `audio`.
        uri: the picture or the sound, or None if it would make the page too heavy.
        words: timings, where they are known.
        reason: why it was dropped, or "" if it was kept.
        value: what was measured; "" if there is nothing to say.
        twin: the kept sample that it repeats, if that is why it was dropped.
    """

    record: Record
    kind: str
    uri: str | None
    words: tuple[Word, ...] = ()
    reason: str = ""
    value: str = ""
    twin: "Shown | None" = None


@dataclass(frozen=True)
class Shelf:
    """The samples of one source."""

    source: str
    kept: tuple[Shown, ...]
    dropped: tuple[Shown, ...]


def read_shelves(data: Path, corpus: str, size: int) -> tuple[list[Shelf], int]:
    """The samples of a corpus to show, by source; none if it is not sharded yet.

    Args:
        data: the folder of all data.
        corpus: the corpus' name.
        size: bytes that may be embedded, shared fairly among the sources.

    Returns:
        The shelves, and how many bytes were not used.
    """
    decisions = data / "filtered" / corpus / "decisions"
    kept = read_columns(decisions / "kept.parquet", "key", "source")
    dropped = read_columns(decisions / "dropped.parquet", "key", "source", "reason", "value")
    if kept is None or dropped is None or not (data / "shards" / corpus / INDEX_NAME).is_file():
        return [], size
    shards = Shards(data / "shards" / corpus)
    by_key = {key: partial(shards.sample, key) for key, _ in kept}
    reasons = {key: (reason, value or "") for key, _, reason, value in dropped}
    keep = choose({key: (source, "") for key, source in kept}, KEPT)
    drop = choose({key: (source, reason) for key, source, reason, _ in dropped}, DROPPED)
    found = find(data / "ingested" / corpus, {key for keys in drop.values() for key in keys})
    shelves: list[Shelf] = []
    sources = sorted({*keep, *drop})
    for done, source in enumerate(sources):
        budget = Budget(size // (len(sources) - done))
        size -= budget.left
        here = tuple(show(shards.sample(key), budget) for key in keep[source])
        gone = tuple(
            show_dropped(found[key], *reasons[key], kept=by_key, budget=budget)
            for key in drop[source]
            if key in found
        )
        shelves.append(Shelf(source, here, gone))
        size += budget.left
    return shelves, size


def choose(samples: Mapping[str, tuple[str, str]], most: int) -> dict[str, list[str]]:
    """Keys to show per source, from keys with their source and reason.

    The order is by a hash of the key; within a source the reasons take turns.
    """
    by_source: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for key in sorted(samples, key=lambda key: (fold(0, "report", key), key)):
        source, reason = samples[key]
        by_source[source][reason].append(key)
    chosen: dict[str, list[str]] = defaultdict(list)
    for source in sorted(by_source):
        queues = [by_source[source][reason] for reason in sorted(by_source[source])]
        chosen[source] = list(_take_turns(queues))[:most]
    return chosen


def find(folder: Path, keys: set[str]) -> dict[str, Sample]:
    """Samples by key from ingested tars: headers are walked, and only what is asked for is read."""
    files: dict[str, dict[str, bytes]] = defaultdict(dict)
    for path in sorted(folder.glob("*.tar")) if keys else []:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                key, _, extension = member.name.partition(".")
                content = tar.extractfile(member) if key in keys and member.isreg() else None
                if content is not None:
                    files[key][extension] = content.read()
    return {key: Sample(key, files[key]) for key in sorted(files)}


def show_dropped(
    sample: Sample, reason: str, value: str, *, kept: Mapping[str, Callable[[], Sample]], budget: Budget
) -> Shown:
    """A dropped sample with its reason: what was measured, or the kept sample whose key `value` is."""
    shown = replace(show(sample, budget), reason=reason)
    if value in kept:
        return replace(shown, twin=show(kept[value](), budget))
    return replace(shown, value=value)


def show(sample: Sample, budget: Budget) -> Shown:
    """A sample with its picture or sound embedded, if the page can still carry it."""
    record = sample.record
    image = next((extension for extension in IMAGES if extension in sample.files), None)
    if image is not None:
        uri = budget.take(*thumbnail(sample.files[image], image))
        return Shown(record, "image", uri)
    sound = sample.files.get("flac")
    uri = budget.take(sound, "flac") if sound is not None else None
    return Shown(record, "audio", uri, _words(record))


def _words(record: Record) -> tuple[Word, ...]:
    length = record.duration or max((segment.end for segment in record.segments), default=0.0)
    if not length:
        return ()
    return tuple(
        Word(
            segment.text,
            segment.start,
            segment.end,
            100 * segment.start / length,
            100 * (segment.end - segment.start) / length,
        )
        for segment in record.segments
    )


def _take_turns(queues: Sequence[Iterable[str]]) -> Iterator[str]:
    waiting = [iter(queue) for queue in queues]
    while waiting:
        for queue in list(waiting):
            try:
                yield next(queue)
            except StopIteration:
                waiting.remove(queue)
