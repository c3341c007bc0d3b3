"""Multilingual LibriSpeech: `mls_<language>/<split>/` with transcripts.txt, segments.txt and audio.

`transcripts.txt` has a name and a text between tabs; the recording of `4800_10003_000000` is
`audio/4800/10003/4800_10003_000000.flac`, in the smaller release `.opus`. `segments.txt` (name, address of
the book, start, end in seconds) tells where an utterance was cut, and is not needed. Documented at
https://www.openslr.org/94, read as lhotse's `recipes/mls.py` reads it.
"""

from collections.abc import Iterator

from stages.core.errors import BadDataError
from stages.ingest.items import Row
from stages.ingest.layouts.layout import Facts, Layout
from stages.ingest.layouts.speech import split_of
from stages.ingest.sources.streams import Reading
from stages.ingest.sources.table import BadRow, Table

_LANGUAGES = {
    "dutch": "nl", "english": "en", "french": "fr", "german": "de", "italian": "it", "polish": "pl",
    "portuguese": "pt", "spanish": "es",
}  # fmt: skip


def _read(reading: Reading) -> Table:
    folder = reading.path.parents[1].name
    language = _LANGUAGES.get(folder.removeprefix("mls_").removesuffix("_opus"))
    if language is None:
        raise BadDataError(
            f"{reading.path}: layout 'mls' expects mls_<language>/<split>/transcripts.txt with a language of "
            f"{', '.join(_LANGUAGES)}; the folder is called {folder!r}"
        )
    extension = "opus" if folder.endswith("_opus") else "flac"
    facts = {"language": language, "split": split_of(reading.path.parent.name)}
    return Table(("file", "text", "speaker", "group", *facts), _rows(reading, extension, facts))


def _rows(reading: Reading, extension: str, facts: Row) -> Iterator[Row | BadRow]:
    for line in reading.lines():
        name, _, text = line.strip().partition("\t")
        parts = name.split("_")
        if not text or len(parts) != 3 or "/" in name:
            yield BadRow("bad_line")
            continue
        speaker, book, _ = parts
        file = f"audio/{speaker}/{book}/{name}.{extension}"
        yield {"file": file, "text": text, "speaker": speaker, "group": f"{speaker}_{book}", **facts}


MLS = Layout(
    name="mls",
    kind="audio",
    tree="mls_<language>/<split>/transcripts.txt beside audio/<speaker>/<book>/*.flac",
    manifests=("transcripts.txt",),
    columns={},
    licence="CC-BY-4.0",
    read=_read,
    facts=Facts(
        pairs=10_800_000,
        hours=44_500.0,
        item_bytes=222_000,
        archive_bytes=2_400_000_000_000,
        source="English, FLAC (https://arxiv.org/abs/2012.03411, https://www.openslr.org/94)",
    ),
)
