"""The registry: every measure, by what it looks at.

A measure is a pure function of a caption, a sound or a picture. It returns a named tuple, whose fields are
the columns that it fills; each runs once per sample. Whoever wants another adds a file and a line here.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar, get_type_hints

from stages.score.audio.clipping import clipping
from stages.score.audio.duration import duration
from stages.score.audio.fingerprint import fingerprint
from stages.score.audio.level import level
from stages.score.audio.rate import rate
from stages.score.audio.silence import silence
from stages.score.audio.speech import speech
from stages.score.content import picture_content, sound_content
from stages.score.image.colours import colours
from stages.score.image.entropy import entropy
from stages.score.image.perceptual_hash import perceptual_hash
from stages.score.image.size import size
from stages.score.subjects import Caption, Picture, Sound
from stages.score.text.casing import casing
from stages.score.text.compression import compression
from stages.score.text.exact import exact
from stages.score.text.language import language
from stages.score.text.punctuation import punctuation
from stages.score.text.repetition import repetition
from stages.score.text.script import script
from stages.score.text.statistics import statistics

SubjectT = TypeVar("SubjectT")

TEXT: tuple[Callable[[Caption], NamedTuple], ...] = (
    statistics,
    punctuation,
    casing,
    script,
    compression,
    repetition,
    language,
    exact,
)
AUDIO: tuple[Callable[[Sound], NamedTuple], ...] = (
    duration,
    level,
    clipping,
    silence,
    speech,
    rate,
    fingerprint,
    sound_content,
)
IMAGE: tuple[Callable[[Picture], NamedTuple], ...] = (
    size,
    entropy,
    colours,
    perceptual_hash,
    picture_content,
)


def columns(measure: Callable[..., NamedTuple]) -> tuple[str, ...]:
    """The columns that a measure fills: the fields of what it is declared to return."""
    fields: tuple[str, ...] = get_type_hints(measure)["return"]._fields
    return fields


def measure_all(measures: Iterable[Callable[[SubjectT], NamedTuple]], subject: SubjectT) -> dict[str, Any]:
    """Run measures on one subject and put their columns side by side."""
    found: dict[str, Any] = {}
    for measure in measures:
        found |= measure(subject)._asdict()
    return found
