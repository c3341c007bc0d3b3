"""Samples that a reader can see and hear: some that were kept and some that were dropped, of each source.

The choice is by a hash of the key, so that nobody picks the prettiest; of the dropped ones each reason comes
once before any comes twice.
"""

import tarfile
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from stages.core.index import INDEX_NAME
from stages.core.reader import Shards
from stages.core.records import Record, Sample
from stages.report.embed import IMAGES, Budget, thumbnail
from stages.report.sources import SourceCard, read_sources
from stages.report.tables import ask

KEPT, DROPPED = 12, 6  # shown per source

_CHOICE = """
    WITH turns AS (
        SELECT *, row_number() OVER (PARTITION BY source, reason ORDER BY md5(key), key) AS turn
        FROM ({decided})
    )
    SELECT source, key, reason, value FROM turns
    QUALIFY row_number() OVER (PARTITION BY source ORDER BY turn, reason) <= {most:d}
    ORDER BY source, turn, reason
"""
CHOOSE_KEPT = _CHOICE.format(decided="SELECT key, source, '' AS reason, '' AS value FROM decided", most=KEPT)
CHOOSE_DROPPED = _CHOICE.format(
    decided="SELECT key, source, reason, coalesce(value, '') AS value FROM decided", most=DROPPED
)


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
    """A source's data card, and samples of it."""

    source: str
    card: SourceCard
    kept: tuple[Shown, ...]
    dropped: tuple[Shown, ...]


@dataclass(frozen=True)
class Choice:
    """A sample to show; reason and value are "" if it was kept."""

    source: str
    key: str
    reason: str
    value: str


def read_shelves(data: Path, corpus: str, size: int) -> tuple[list[Shelf], int]:
    """The samples of a corpus to show, by source; none if it is not sharded yet.

    Args:
        data: the folder of all data.
        corpus: the corpus' name.
        size: bytes that may be embedded, shared fairly among the sources.

    Returns:
        The shelves, and how many bytes were not used.
    """
    if not (data / "shards" / corpus / INDEX_NAME).is_file():
        return [], size
    decisions = data / "filtered" / corpus / "decisions"
    keep = choose(CHOOSE_KEPT, decisions / "kept.parquet")
    drop = choose(CHOOSE_DROPPED, decisions / "dropped.parquet")
    found = find(data / "ingested" / corpus, {choice.key for choice in drop})
    shards = Shards(data / "shards" / corpus)
    cards = read_sources(data, corpus)
    shelves: list[Shelf] = []
    for done, (source, card) in enumerate(cards.items()):
        budget = Budget(size // (len(cards) - done))
        size -= budget.left
        here = [show(shards.sample(choice.key), budget) for choice in keep if choice.source == source]
        gone = [
            show_dropped(found[choice.key], choice, shards, budget)
            for choice in drop
            if choice.source == source and choice.key in found
        ]
        shelves.append(Shelf(source, card, tuple(here), tuple(gone)))
        size += budget.left
    return shelves, size


def choose(question: str, decided: Path) -> list[Choice]:
    """What to show of a table of decisions, in the order of showing."""
    return [Choice(*row) for row in ask(question, decided=decided) or ()]


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


def show_dropped(sample: Sample, choice: Choice, kept: Shards, budget: Budget) -> Shown:
    """A dropped sample with its reason: what was measured, or the kept sample whose key `value` is."""
    shown = replace(show(sample, budget), reason=choice.reason)
    try:
        twin = kept.sample(choice.value)
    except KeyError:
        return replace(shown, value=choice.value)
    return replace(shown, twin=show(twin, budget))


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
