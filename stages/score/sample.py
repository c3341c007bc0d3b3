"""One sample becomes one row: who it is, what was measured, or why nothing could be."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from stages.core.audio import decode, to_pcm
from stages.core.features import FEATURES, IDENTITY
from stages.core.images import decode_rgb
from stages.core.records import Record, Sample
from stages.core.safety import BadItemError
from stages.score.measures import AUDIO, IMAGE, TEXT, measure_all
from stages.score.subjects import Caption, Picture, Sound

AUDIO_FILES = ("flac", "wav", "ogg")
IMAGE_FILES = ("png", "jpg", "jpeg", "webp")


@dataclass(frozen=True)
class Scored:
    """A row of stages.core.features.FEATURES, and what models may look at; None if it cannot be read."""

    row: dict[str, Any]
    subject: Sound | Picture | None = None


def score_sample(sample: Sample) -> Scored:
    """Measure a sample by all that needs no model.

    If something in it cannot be read, `error` is a word for it, and features that could not be measured are
    null; one bad sample never stops the others.
    """
    row: dict[str, Any] = dict.fromkeys(FEATURES.names)
    row |= {"key": sample.key, "source": "unknown", "text": ""}
    try:
        record = Record.model_validate_json(sample.files.get("json", b""))
    except ValidationError:
        return Scored(row | {"error": "no_record"})
    if record.key != sample.key:
        return Scored(row | {"error": "record_of_another_key"})
    row |= {name: getattr(record, name) for name, _ in IDENTITY}
    row |= measure_all(TEXT, Caption(record.text, record.language))
    try:
        extension, content = _content(sample)
        row["bytes"] = len(content)
        subject = _decoded(extension, content, record.text)
    except BadItemError as error:
        return Scored(row | {"error": error.reason})  # its detail may hold an address, which no rerun repeats
    if isinstance(subject, Sound):
        return Scored(row | measure_all(AUDIO, subject), subject)
    return Scored(row | measure_all(IMAGE, subject), subject)


def _content(sample: Sample) -> tuple[str, bytes]:
    """The extension and the bytes of the sample's one sound or picture.

    Raises:
        BadItemError: it has none or several.
    """
    contents = sorted(set(sample.files) - {"json"})
    if len(contents) != 1:
        raise BadItemError("not_one_content", f"beside the json file there are {contents}")
    return contents[0], sample.files[contents[0]]


def _decoded(extension: str, content: bytes, text: str) -> Sound | Picture:
    """Decode by the extension: 16 kHz mono PCM-16, as ingest writes it, or upright RGB.

    Raises:
        BadItemError: it cannot be decoded, is out of bounds or empty.
    """
    if extension in AUDIO_FILES:
        return Sound(to_pcm(decode(content)), text)
    if extension in IMAGE_FILES:
        return Picture(decode_rgb(content))
    raise BadItemError("unknown_format", f"'.{extension}' is neither a sound nor a picture that we read")
