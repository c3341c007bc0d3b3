"""LibriSpeech: `LibriSpeech/<subset>/<speaker>/<chapter>/` with `<speaker>-<chapter>.trans.txt` and FLAC.

Each line of a trans.txt has an utterance's name and its words in capitals; the recording lies beside it as
`<name>.flac`. Documented at https://www.openslr.org/12 (README.TXT), read as lhotse's
`recipes/librispeech.py` reads it. Its texts have neither case nor punctuation: the rule `machine_transcript`
of the filter would drop them all.
"""

from collections.abc import Iterator

from stages.ingest.items import Row
from stages.ingest.layouts.layout import Facts, Layout
from stages.ingest.layouts.speech import split_of
from stages.ingest.sources.streams import Reading
from stages.ingest.sources.table import BadRow, Table


def _read(reading: Reading) -> Table:
    subset = reading.path.parents[2].name if len(reading.path.parents) > 2 else ""
    return Table(("file", "text", "speaker", "split"), _rows(reading, split_of(subset)))


def _rows(reading: Reading, split: str | None) -> Iterator[Row | BadRow]:
    for line in reading.lines():
        name, _, text = line.strip().partition(" ")
        if not text or "/" in name:
            yield BadRow("bad_line")
            continue
        yield {"file": f"{name}.flac", "text": text, "speaker": name.partition("-")[0], "split": split}


LIBRISPEECH = Layout(
    name="librispeech",
    kind="audio",
    tree="LibriSpeech/<subset>/<speaker>/<chapter>/<speaker>-<chapter>.trans.txt beside its *.flac",
    manifests=("*.trans.txt",),
    columns={},
    licence="CC-BY-4.0",
    language="en",
    read=_read,
    facts=Facts(
        pairs=292_367,
        hours=982.0,
        item_bytes=207_000,
        archive_bytes=60_600_000_000,
        source="all seven subsets (https://www.openslr.org/12)",
    ),
)
