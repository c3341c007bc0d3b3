"""From the files of a ready sample to one of ours: its record made or taken over, its medium as it is."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from stages.core.records import Record, Sample
from stages.core.safety import BadItemError
from stages.ingest.items import Row
from stages.ingest.params import Bounds, IngestParams, Source
from stages.ingest.ready.groups import Group
from stages.ingest.ready.media import check_media
from stages.ingest.sources.fields import (
    caption,
    either,
    normal_group,
    segments_of,
    split_name,
    tags_of,
    text_of,
)

_COLUMNS = {
    "text": "caption", "url": "url", "language": "language", "licence": "licence", "speaker": "speaker",
    "group": "group", "tags": "tags", "split": "split", "translation": "translation", "segments": "segments",
}  # fmt: skip # our field to the key of img2dataset's json, or to the same name


def ready_sample(params: IngestParams, source: Source, key: str, origin: str, group: Group) -> Sample:
    """One of our samples.

    Args:
        params: of the corpus.
        source: of its params.
        key: of the sample here.
        origin: where the tar and the sample in it are, for a sample that does not say where it came from.
        group: the files.

    Raises:
        BadItemError: the sample cannot be used.
    """
    if group.problem:
        raise group.problem
    extension, content, facts = check_media(params.kind, group.files, params.bounds)
    row = _row(group.files)
    record = _ours(row) or _made(source, params.bounds, row, origin, hashlib.sha256(content).hexdigest())
    held = {"split": source.split} if source.split else {}
    record = record.model_copy(update={"key": key, "source": source.name, **held, **facts})
    return Sample(key, {"json": record.model_dump_json(exclude_none=True).encode(), extension: content})


def _row(files: Mapping[str, bytes]) -> dict[str, Any]:
    """The json of a sample, with the text of its txt as the caption if there is one."""
    try:
        row = json.loads(files.get("json", b"{}"))
        text = {"caption": files["txt"].decode()} if "txt" in files else {}
    except (ValueError, RecursionError) as error:
        raise BadItemError("bad_json", str(error)) from error
    if not isinstance(row, dict):
        raise BadItemError("bad_json", "no object")
    return {**row, **text}


def _ours(row: Row) -> Record | None:
    """The record, if the json is one of ours."""
    try:
        return Record.model_validate(row)
    except ValidationError:
        return None


def _made(source: Source, bounds: Bounds, row: Row, origin: str, sha256: str) -> Record:
    values = {field: row.get(column) for field, column in {**_COLUMNS, **source.columns}.items()}
    segments = segments_of(values["segments"])
    text = caption(values, segments, bounds.characters)
    return Record(
        key="made",
        source=source.name,
        licence=either(text_of(values, "licence"), source.licence, "no_licence"),
        origin=text_of(values, "url") or origin,
        sha256=sha256,
        text=text,
        language=text_of(values, "language") or source.language or "und",
        group=normal_group(text_of(values, "group") or text),
        split=split_name(values),
        tags=tags_of(values["tags"]),
        translation=text_of(values, "translation") or None,
        speaker=text_of(values, "speaker") or None,
        segments=segments,
    )
