"""The estimate as lines for a person, each number beside what it was assumed from."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from stages.ingest.estimate.cost import (
    ALIVE,
    PICTURE_CPU,
    READY_CPU,
    READY_SAMPLES,
    REQUEST_SECONDS,
    SOUND_CPU,
    Machine,
    Work,
)
from stages.ingest.estimate.survey import Survey, survey, to_work
from stages.ingest.params import IngestParams
from stages.ingest.sources.parts import locate

_TOP = 5  # hosts that are named
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def estimate(
    params: IngestParams,
    work: Path,
    machine: Machine,
    *,
    sample: int,
    alive: float = ALIVE,
    item_bytes: int | None = None,
) -> Iterator[str]:
    """Say what a corpus will cost; only manifests are read, or fetched if they are links.

    Args:
        params: of the corpus.
        work: its work folder, for manifests of the network.
        machine: what it would run on.
        sample: lines of each source that are looked at.
        alive: the share of links that still lead somewhere.
        item_bytes: of a file, where the user knows better.

    Raises:
        BadDataError: a manifest cannot be used.
        TryAgainError: a manifest could not be fetched for now.
    """
    works: list[Work] = []
    for source in params.sources:
        located = locate(params, source, work / "manifests")
        found = survey(params, located, sample)
        one, origin = to_work(params, located, found, alive, item_bytes)
        works.append(one)
        yield from _source_lines(found, one, len(located.parts), origin)
    yield ""
    yield from _sum_lines(params, works, machine)
    yield ""
    yield from _assumptions(params, machine, alive)


def _source_lines(found: Survey, work: Work, files: int, origin: str) -> Iterator[str]:
    about = "" if found.exact else f"about, from {found.read:,} read: "
    yield f"{found.source}: {about}{found.lines:,.0f} lines in {files:,} files"
    if found.unusable:
        yield f"  unusable   {found.unusable / found.read:.1%} of the lines"
    yield f"  bytes      {amount(work.bytes)}, {amount(work.item_bytes)} a file ({origin})"
    remote = sum(found.hosts.values())
    if remote:
        top = ", ".join(f"{host} {count / remote:.1%}" for host, count in _top(found.hosts))
        yield f"  hosts      {len(found.hosts):,} seen; {top}"


def _top(hosts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(hosts.items(), key=lambda one: (-one[1], one[0]))[:_TOP]


def _sum_lines(params: IngestParams, works: list[Work], machine: Machine) -> Iterator[str]:
    hours = total_hours(params, works, machine)
    bound = max(hours, key=lambda name: hours[name])
    lines = sum(work.lines for work in works if work.kind != "ready")
    tars = sum(work.lines for work in works if work.kind == "ready") / READY_SAMPLES
    yield f"shards     {math.ceil(lines / params.shard_samples) + math.ceil(tars):,}"
    yield f"bytes      {amount(sum(work.bytes for work in works))} to read"
    yield f"hours      {hours[bound]:,.2f}, bound by: {bound}"
    for name, value in hours.items():
        yield f"  {name:18} {value:,.2f}"
    yield f"dollars    {hours[bound] * machine.dollars:,.2f}"


def total_hours(params: IngestParams, works: list[Work], machine: Machine) -> dict[str, float]:
    """By what bounds the time of all sources; what a host is asked for adds up across them."""
    hours = dict.fromkeys(works[0].hours(machine, params.fetch), 0.0)
    hosts: defaultdict[str, float] = defaultdict(float)
    for work in works:
        for name, value in work.hours(machine, params.fetch).items():
            hours[name] += value
        for host, lines in work.hosts.items():
            hosts[host] += lines
    rate = params.fetch.host.requests_per_second
    hours["busiest host"] = max(hosts.values(), default=0.0) / rate / 3600 if rate else 0.0
    return hours


def _assumptions(params: IngestParams, machine: Machine, alive: float) -> Iterator[str]:
    fetch = params.fetch
    yield "assumed, each of which may be wrong by a factor:"
    yield f"  machine    {machine} (--machine)"
    if params.kind == "image":
        yield f"  cores      {PICTURE_CPU * 1000:g} ms for a picture of 512 px, larger ones more"
    else:
        yield f"  cores      {SOUND_CPU:g} s for an hour of sound"
    yield f"  ready      {READY_CPU * 1000:g} ms for a sample of a ready tar, {READY_SAMPLES:,} in each"
    yield f"  requests   {REQUEST_SECONDS:g} s each, {fetch.concurrency} at once a worker (fetch.concurrency)"
    yield f"  hosts      {fetch.host.requests_per_second or math.inf:g} requests/s to each (fetch.host)"
    yield f"  alive      {alive:.0%} of links (--alive)"


def amount(size: float) -> str:
    """Bytes for people, in powers of ten."""
    power = min(len(_UNITS) - 1, max(0, int(math.log10(max(size, 1)) // 3)))
    return f"{size / 1000**power:.3g} {_UNITS[power]}"
