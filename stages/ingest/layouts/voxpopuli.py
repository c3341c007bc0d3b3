"""VoxPopuli: speeches of the European Parliament, as whole sessions or as cut utterances.

Documented in https://github.com/facebookresearch/voxpopuli (README, `get_asr_data.py`); two forms are read:

- what `get_asr_data.py` makes: `transcribed_data/<language>/asr_<split>.tsv` with id, raw_text,
  normalized_text, speaker_id, split and gender, and `<year>/<id>.ogg` beside it;
- what it starts from: `asr_<language>.tsv.gz` with session_id, id_, start_time, end_time, original_text,
  normed_text, speaker_id, split and others between bars, and the sessions of several hours as
  `raw_audios/original/<year>/<session_id>_original.ogg`. The utterances of a session become segments of one
  item and then windows, as lhotse's `recipes/voxpopuli.py` takes them from start to end.

The first is taken if both are there.
"""

import csv
from collections.abc import Iterator
from typing import Any

from stages.ingest.items import Row
from stages.ingest.layouts.layout import Facts, Layout
from stages.ingest.layouts.speech import split_of
from stages.ingest.sources.separated import read_separated, read_tsv
from stages.ingest.sources.spool import Spool
from stages.ingest.sources.streams import Reading
from stages.ingest.sources.table import BadRow, Table

_SESSIONS = ".tsv.gz"


def _read(reading: Reading) -> Table:
    if reading.path.name.endswith(_SESSIONS):
        return _read_sessions(reading)
    table = read_tsv(reading)
    columns = (*table.columns, "file", "language")
    return Table(columns, _utterances(table, reading.path.parent.name))


def _utterances(table: Table, language: str) -> Iterator[Row | BadRow]:
    for row in table.rows:
        if isinstance(row, BadRow):
            yield row
            continue
        name = str(row.get("id", ""))
        yield {**row, "file": f"{name[:4]}/{name}.ogg", "language": language}


def _read_sessions(reading: Reading) -> Table:
    """Utterances by session and split, brought together on the disk: the file need not be sorted."""
    language = reading.path.name.removesuffix(_SESSIONS).removeprefix("asr_")
    table = read_separated(reading, "|", csv.QUOTE_MINIMAL)
    sessions = Spool(reading.files)
    bad: list[BadRow] = []
    for row in table.rows:
        utterance = row if isinstance(row, BadRow) else _utterance(row)
        if isinstance(utterance, BadRow):
            bad.append(utterance)
        elif utterance["split"]:
            sessions.add(f"{utterance['session']} {utterance['split']}", utterance)
    sessions.finish()
    columns = ("file", "text", "segments", "group", "split", "language")
    return Table(columns, _sessions(sessions, bad, language))


def _utterance(row: Row) -> dict[str, Any] | BadRow:
    """What is needed of a row, or that its times are no numbers."""
    try:
        span = {"start": float(row["start_time"]), "end": float(row["end_time"])}
        return {
            "session": row["session_id"],
            "split": split_of(row["split"]),
            "segment": {**span, "text": row["original_text"] or row["normed_text"]},
        }
    except (KeyError, ValueError):
        return BadRow("bad_line")


def _sessions(sessions: Spool, bad: list[BadRow], language: str) -> Iterator[Row | BadRow]:
    for name in sessions.groups():
        session, _, split = name.partition(" ")
        segments = sorted((row["segment"] for row in sessions.rows(name)), key=lambda one: one["start"])
        yield {
            "file": f"../../raw_audios/original/{session[:4]}/{session}_original.ogg",
            "text": "",
            "segments": segments,
            "group": session,
            "split": split,
            "language": language,
        }
    yield from bad


VOXPOPULI = Layout(
    name="voxpopuli",
    kind="audio",
    tree="transcribed_data/<language>/asr_<split>.tsv beside <year>/*.ogg; or "
    "transcribed_data/<language>/asr_<language>.tsv.gz and raw_audios/original/<year>/*_original.ogg",
    manifests=("asr_train.tsv|asr_dev.tsv|asr_test.tsv", "asr_*.tsv.gz"),
    columns={"text": ("raw_text", "text"), "speaker": ("speaker_id",)},
    licence="CC0-1.0",
    read=_read,
    climbs=2,
    facts=Facts(
        pairs=650_000,
        hours=1_800.0,
        item_bytes=80_000,
        source="transcribed, 16 languages; pairs at 10 s, bytes at 64 kbit/s are guesses",
    ),
)
