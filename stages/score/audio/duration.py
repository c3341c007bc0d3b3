"""How long a sound lasts."""

from typing import NamedTuple

from stages.score.subjects import Sound


class Duration(NamedTuple):
    """`seconds`: of all samples."""

    seconds: float


def duration(sound: Sound) -> Duration:
    """Samples over the rate."""
    return Duration(round(sound.seconds, 4))
