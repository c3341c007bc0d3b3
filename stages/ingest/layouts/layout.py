"""What is known of a corpus before anybody reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from stages.ingest.sources.manifests import Reader


@dataclass(frozen=True)
class Facts:
    """How large a corpus is, as it is published.

    Attributes:
        pairs: lines of its manifests.
        item_bytes: of one file as it is fetched.
        source: where both stand.
        hours: of sound.
        busiest_host: the share of the links that lead to one host; 0 where nobody counted.
        archive_bytes: of the archives that one has to download and unpack first; 0 if files come by links.
    """

    pairs: int
    item_bytes: int
    source: str
    hours: float | None = None
    busiest_host: float = 0.0
    archive_bytes: int = 0


@dataclass(frozen=True)
class Layout:
    """A named corpus: where its manifests lie and what their columns mean.

    Attributes:
        name: as params.yaml says it.
        kind: of pair; None if there may be either.
        tree: what is expected where, for people and for errors.
        manifests: names of its manifests, as patterns of file names at any depth below the root, `|` between
            those that belong together; the first one that finds any decides.
        columns: our field to the names that the corpus's releases have used for it; the first that is there
            is taken. Columns of params.yaml come before them.
        licence: SPDX identifier of all pairs, or None if each row has its own.
        facts: its size; None for a form that many corpora have.
        language: BCP 47, where no column tells.
        read: its own reader, where the file's extension does not say how to read it.
        climbs: how many folders above a manifest the files that it names may lie.
    """

    name: str
    kind: Literal["audio", "image"] | None
    tree: str
    manifests: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    licence: str | None
    facts: Facts | None
    language: str | None = None
    read: Reader | None = None
    climbs: int = 0
