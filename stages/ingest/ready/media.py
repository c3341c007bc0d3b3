"""What the header of a ready picture or recording says; nothing is decoded, nothing is encoded anew."""

import io
from collections.abc import Mapping
from typing import Any, Literal

from stages.core.audio import SAMPLE_RATE
from stages.core.images import measure
from stages.core.safety import BadItemError
from stages.ingest.params import Bounds

EXTENSIONS: Mapping[str, frozenset[str]] = {
    "image": frozenset({"jpg", "jpeg", "png", "webp"}),
    "audio": frozenset({"flac"}),
}


def check_media(
    kind: Literal["audio", "image"], files: Mapping[str, bytes], bounds: Bounds
) -> tuple[str, bytes, dict[str, Any]]:
    """The one medium of a sample: its extension in our form, its bytes, and its facts for the record.

    Raises:
        BadItemError: there is none or more than one, it is out of bounds, or not in our form.
    """
    found = [extension for extension in files if extension in EXTENSIONS[kind]]
    if len(found) != 1:
        raise BadItemError("no_media" if not found else "several_media", f"files {sorted(files)}")
    content = files[found[0]]
    return _picture(content, bounds) if kind == "image" else _recording(content, bounds)


def _picture(content: bytes, bounds: Bounds) -> tuple[str, bytes, dict[str, Any]]:
    picture = measure(content, bounds.pixels)
    return picture.extension, content, {"width": picture.width, "height": picture.height}


def _recording(content: bytes, bounds: Bounds) -> tuple[str, bytes, dict[str, Any]]:
    import soundfile  # noqa: PLC0415 - loaded where it is used

    try:
        facts = soundfile.info(io.BytesIO(content))
    except (soundfile.SoundFileError, RuntimeError, ValueError) as error:
        raise BadItemError("bad_audio", str(error)) from error
    form = (facts.format, facts.samplerate, facts.channels)
    if form != ("FLAC", SAMPLE_RATE, 1):
        raise BadItemError(
            "other_audio", f"{form}, and not FLAC at {SAMPLE_RATE} Hz in mono; ingest its files"
        )
    if facts.frames == 0:
        raise BadItemError("empty_audio", "no samples")
    if facts.frames > bounds.seconds * SAMPLE_RATE:
        raise BadItemError("too_long", f"more than {bounds.seconds:g} s")
    return "flac", content, {"duration": facts.frames / SAMPLE_RATE}
