"""FLEURS: `<language>/train.tsv`, `dev.tsv`, `test.tsv` and `audio/<split>/*.wav`.

The tables have no line of names: id, file name, transcript as written, transcript normalised, its letters,
number of samples, gender. Documented in the dataset's own script, `fleurs.py` at
https://huggingface.co/datasets/google/fleurs, and read so by lhotse's `recipes/fleurs.py`. The recordings
come as `audio/<split>.tar.gz`, to be unpacked beside itself. The id is that of the sentence, which all
languages share: it is the group.
"""

import csv
from collections.abc import Iterator

from stages.ingest.items import Row
from stages.ingest.layouts.layout import Facts, Layout
from stages.ingest.layouts.speech import split_of
from stages.ingest.sources.separated import read_separated
from stages.ingest.sources.streams import Reading
from stages.ingest.sources.table import BadRow, Table

_COLUMNS = ("id", "file_name", "raw_transcription", "transcription", "characters", "num_samples", "gender")
_MACROLANGUAGES = {"cmn": "zh"}


def _read(reading: Reading) -> Table:
    table = read_separated(reading, "\t", csv.QUOTE_NONE, _COLUMNS)
    folder = reading.path.name.partition(".")[0]
    primary = reading.path.parent.name.partition("_")[0]  # of de_de, cmn_hans_cn
    facts = {"language": _MACROLANGUAGES.get(primary, primary), "split": split_of(folder)}
    return Table((*_COLUMNS, "file", *facts), _rows(table, folder, facts))


def _rows(table: Table, folder: str, facts: Row) -> Iterator[Row | BadRow]:
    for row in table.rows:
        yield (
            row if isinstance(row, BadRow) else {**row, **facts, "file": f"audio/{folder}/{row['file_name']}"}
        )


FLEURS = Layout(
    name="fleurs",
    kind="audio",
    tree="<language>/train.tsv, dev.tsv, test.tsv beside <language>/audio/<split>/*.wav",
    manifests=("train.tsv|dev.tsv|test.tsv",),
    columns={"text": ("raw_transcription",), "group": ("id",)},
    licence="CC-BY-4.0",
    read=_read,
    facts=Facts(
        pairs=4_300,
        hours=12.0,
        item_bytes=320_000,
        archive_bytes=1_400_000_000,
        source="one of 102 languages, about 12 hours (https://arxiv.org/abs/2205.12446); pairs at 10 s, "
        "bytes at 16 bits are guesses",
    ),
)
