"""One sample becomes one row: who it is, what was measured, or why nothing could be."""

from typing import Any

from pydantic import ValidationError

from stages.core.features import FEATURES, IDENTITY
from stages.core.records import Record, Sample
from stages.core.safety import BadItemError
from stages.score.audio import audio_features
from stages.score.image import image_features
from stages.score.text import text_features

AUDIO_FILES = ("flac", "wav", "ogg")
IMAGE_FILES = ("png", "jpg", "jpeg", "webp")


def score_sample(sample: Sample) -> dict[str, Any]:
    """Measure a sample.

    Returns:
        A row of stages.core.features.FEATURES. If something in the sample cannot be read, `error` is a
        word for it, and features that could not be measured are null; one bad sample never stops the others.
    """
    row: dict[str, Any] = dict.fromkeys(FEATURES.names)
    row |= {"key": sample.key, "source": "unknown", "text": ""}
    try:
        record = Record.model_validate_json(sample.files.get("json", b""))
    except ValidationError:
        return row | {"error": "no_record"}
    if record.key != sample.key:
        return row | {"error": "record_of_another_key"}
    row |= {name: getattr(record, name) for name, _ in IDENTITY}
    row |= text_features(record.text, record.language)
    try:
        return row | content_features(sample, record.text)
    except BadItemError as error:
        return row | {"error": error.reason}  # its detail may hold a memory address, which no rerun repeats


def content_features(sample: Sample, text: str) -> dict[str, Any]:
    """Measure the sample's one sound or picture.

    Raises:
        BadItemError: it has none or several, or it cannot be decoded.
    """
    contents = sorted(set(sample.files) - {"json"})
    if len(contents) != 1:
        raise BadItemError("not_one_content", f"beside the json file there are {contents}")
    extension = contents[0]
    if extension in AUDIO_FILES:
        return audio_features(sample.files[extension], text)
    if extension in IMAGE_FILES:
        return image_features(sample.files[extension])
    raise BadItemError("unknown_format", f"'.{extension}' is neither a sound nor a picture that we read")
