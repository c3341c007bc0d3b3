"""Common Voice: a folder per language with `train.tsv`, `dev.tsv`, `test.tsv` and `clips/*.mp3`.

`cv-corpus-<release>/<language>/<part>.tsv` has client_id, path, sentence, votes, and what the speaker told
(later releases add sentence_id, variant, locale). The form is documented at
https://github.com/common-voice/cv-dataset and read as lhotse's `recipes/commonvoice.py` reads it. Quotes are
part of sentences. A folder gives the three splits; `validated.tsv` has to be named as the manifest itself.
"""

from collections.abc import Iterator

from stages.ingest.items import Row
from stages.ingest.layouts.layout import Facts, Layout
from stages.ingest.layouts.speech import split_of
from stages.ingest.sources.separated import read_tsv
from stages.ingest.sources.streams import Reading
from stages.ingest.sources.table import BadRow, Table


def _read(reading: Reading) -> Table:
    table = read_tsv(reading)
    facts = {"language": reading.path.parent.name, "split": split_of(reading.path.name.partition(".")[0])}
    return Table((*table.columns, "file", *facts), _rows(table, facts))


def _rows(table: Table, facts: Row) -> Iterator[Row | BadRow]:
    for row in table.rows:
        if isinstance(row, BadRow):
            yield row
            continue
        name = str(row.get("path", ""))
        file = (
            f"clips/{name}" if name.endswith(".mp3") else f"clips/{name}.mp3"
        )  # the first release has no ending
        yield {**row, **facts, "file": file if name else ""}


COMMON_VOICE = Layout(
    name="common_voice",
    kind="audio",
    tree="<language>/train.tsv, dev.tsv, test.tsv beside <language>/clips/*.mp3",
    manifests=("train.tsv|dev.tsv|test.tsv",),
    columns={"text": ("sentence",), "speaker": ("client_id",), "language": ("locale", "language")},
    licence="CC0-1.0",
    read=_read,
    facts=Facts(
        pairs=925_350,
        hours=1_339.0,
        item_bytes=36_600,
        archive_bytes=33_828_262_029,
        source="the German part of release 13 (the release's own statistics)",
    ),
)
