"""What a source's manifests say, read as a whole or by a sample of each; nothing else is fetched."""

import itertools
import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from stages.ingest.estimate.cost import READY_BYTES, READY_SAMPLES, SAMPLE_SECONDS, UNKNOWN_BYTES, Work
from stages.ingest.fetch import REMOTE, link_scheme
from stages.ingest.items import Item, item_key
from stages.ingest.layouts import LAYOUTS, READY
from stages.ingest.params import IngestParams
from stages.ingest.sources.manifests import open_manifest
from stages.ingest.sources.parts import Located, Part
from stages.ingest.sources.rows import Meaning

_MEASURED = 1000  # local files of a source whose size is looked at


@dataclass
class Survey:
    """What was found of one source.

    Attributes:
        source: its name.
        read: lines that were looked at.
        lines: in all its manifests, exact or estimated.
        exact: whether every line was looked at.
        unusable: of the lines that were looked at.
        hosts: of those, by host; local files have none.
        sizes: of local files, in bytes.
    """

    source: str
    read: int = 0
    lines: float = 0.0
    exact: bool = True
    unusable: int = 0
    hosts: Counter[str] = field(default_factory=Counter)
    sizes: list[int] = field(default_factory=list)


def survey(params: IngestParams, located: Located, sample: int) -> Survey:
    """Look at up to `sample` lines of a source, the same number of each of its manifests."""
    found = Survey(located.source.name)
    limit = math.ceil(sample / max(1, len(located.parts)))
    for part in located.parts:
        if located.source.layout == READY:
            _add_tar(found, located, part)
        else:
            _add_manifest(found, params, located, part, limit)
    return found


def to_work(
    params: IngestParams, located: Located, found: Survey, alive: float, item_bytes: int | None
) -> tuple[Work, str]:
    """The work of a source, and where the size of a file is from."""
    layout = LAYOUTS.get(located.source.layout or "")
    facts = layout.facts if layout else None
    ready = located.source.layout == READY
    usable = 1 - found.unusable / max(found.read, 1)
    scale = 1.0 if ready else found.lines / max(found.read, 1)
    requests = sum(found.hosts.values()) * scale
    if item_bytes:
        size, origin = float(item_bytes), "as given"
    elif found.sizes:
        size, origin = sum(found.sizes) / len(found.sizes), f"mean of {len(found.sizes)} local files"
    elif facts:
        size, origin = float(facts.item_bytes), facts.source
    else:
        size = float(READY_BYTES if ready else UNKNOWN_BYTES[params.kind])
        origin = "a guess; --item-bytes says it better"
    seconds = facts.hours * 3600 / facts.pairs if facts and facts.hours else SAMPLE_SECONDS
    work = Work(
        kind="ready" if ready else params.kind,
        lines=found.lines * usable,
        remote=0.0 if ready else requests,
        archive_bytes=requests * READY_SAMPLES * size if ready else 0.0,
        item_bytes=size,
        item_seconds=seconds,
        hosts={host: count * scale for host, count in found.hosts.items()},
        alive=alive,
    )
    return work, origin


def _add_tar(found: Survey, located: Located, part: Part) -> None:
    """A ready tar is taken to have as many samples as is usual; of the network it is one request."""
    found.exact = False
    if located.base.folder is None:
        found.hosts[_host(part.prefix)] += 1
    else:
        found.sizes.append(part.path.stat().st_size // READY_SAMPLES)
    found.read += READY_SAMPLES
    found.lines += READY_SAMPLES


def _add_manifest(found: Survey, params: IngestParams, located: Located, part: Part, limit: int) -> None:
    layout = LAYOUTS.get(located.source.layout or "")
    key = item_key(located.source.name, 0)
    seen = wanted = 0
    with open_manifest(part.path, layout.read if layout else None) as (table, reading):
        meaning = Meaning(located, part, table, params.bounds.characters)
        for row in itertools.islice(table.rows, limit):
            seen += 1
            item = meaning.item(key, row)
            if item is not None:
                wanted += 1
                _add_item(found, located, item, part.path, table.total)
        whole = seen < limit or next(table.rows, None) is None
        total = seen if whole else table.total or seen / reading.share
    found.read += wanted
    found.lines += wanted * total / max(seen, 1)
    found.exact &= whole


def _add_item(found: Survey, located: Located, item: Item, manifest: Path, rows: int | None) -> None:
    if item.problem:
        found.unusable += 1
    elif not item.embedded and link_scheme(item.link) in REMOTE:
        found.hosts[_host(item.link)] += 1
    elif len(found.sizes) < _MEASURED:
        found.sizes += _size(located, item, manifest, rows)


def _size(located: Located, item: Item, manifest: Path, rows: int | None) -> list[int]:
    """The bytes of a local file, or of an embedded one on average; nothing if it is not there."""
    if item.embedded:
        return [manifest.stat().st_size // max(rows or 1, 1)]
    try:
        return [(located.base.folder or Path()).joinpath(item.link).stat().st_size]
    except OSError:  # its line will be counted as failed
        return []


def _host(link: str) -> str:
    """The host of a link, or "?" where it has none that makes sense."""
    try:
        return urlsplit(link).hostname or "?"
    except ValueError:
        return "?"
