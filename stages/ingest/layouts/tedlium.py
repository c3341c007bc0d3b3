"""TED-LIUM 3: talks as `sph/<talk>.sph` with their segments in `stm/<talk>.stm`.

`TEDLIUM_release-3/legacy/{train,dev,test}/{stm,sph}` has the splits of the paper; name that folder as the
manifest, since `data/` beside it has the same talks again. A line of an STM has the talk, a channel, a
speaker, start and end in seconds, a label in angle brackets, and the words; stretches that are not to be
scored say `ignore_time_segment_in_scoring`. Documented in the corpus's README and at
https://www.openslr.org/51, read as lhotse's `recipes/tedlium.py` reads it.

The recordings are NIST SPHERE with plain 16-bit samples, which libsndfile decodes. SPHERE that is compressed
by Shorten, as some corpora of the LDC are, it does not, and each such file is set aside as `bad_audio`.
"""

from collections.abc import Iterator
from typing import Any

from stages.ingest.items import Row
from stages.ingest.layouts.layout import Facts, Layout
from stages.ingest.layouts.speech import split_of
from stages.ingest.sources.streams import Reading
from stages.ingest.sources.table import BadRow, Table

_IGNORED = "ignore_time_segment_in_scoring"
_FIELDS = 6  # before the words


def _read(reading: Reading) -> Table:
    return Table(("file", "text", "segments", "speaker", "group", "split"), _rows(reading))


def _rows(reading: Reading) -> Iterator[Row | BadRow]:
    """One row: the talk."""
    segments = []
    talk = reading.path.name.partition(".")[0]
    for line in reading.lines():
        try:
            segments += _segment(line)
        except (ValueError, IndexError):
            yield BadRow("bad_line")
    yield {
        "file": f"../sph/{talk}.sph",
        "text": "",
        "segments": sorted(segments, key=lambda one: one["start"]),
        "speaker": talk.partition("_")[0],
        "group": talk,
        "split": split_of(reading.path.parents[1].name) if len(reading.path.parents) > 1 else None,
    }


def _segment(line: str) -> list[dict[str, Any]]:
    """A line's stretch, or nothing if it is not speech to be learned."""
    if line.startswith(";;") or not line.strip():
        return []
    fields = line.split(maxsplit=_FIELDS)
    text = fields[_FIELDS].strip() if len(fields) > _FIELDS else ""
    start, end = float(fields[3]), float(fields[4])
    return [] if text in ("", _IGNORED) else [{"start": start, "end": end, "text": text}]


TEDLIUM = Layout(
    name="tedlium",
    kind="audio",
    tree="<split>/stm/<talk>.stm beside <split>/sph/<talk>.sph",
    manifests=("*.stm",),
    columns={},
    licence="CC-BY-NC-ND-3.0",
    language="en",
    read=_read,
    climbs=1,
    facts=Facts(
        pairs=2_351,
        hours=452.0,
        item_bytes=22_100_000,
        archive_bytes=52_000_000_000,
        source="release 3, 452 hours of 16-bit samples (README of the corpus); a pair is a talk",
    ),
)
