"""How fast somebody speaks: a rate that nobody reaches tells that text and sound are not of each other."""

from typing import NamedTuple

from stages.score.audio.silence import silent_share
from stages.score.subjects import Sound


class Rate(NamedTuple):
    """Characters of text per second, and per second that is not silent; None if all is silent."""

    speed: float
    voiced_speed: float | None


def rate(sound: Sound) -> Rate:
    """Characters of the transcript over seconds of the sound."""
    voiced = sound.seconds * (1 - silent_share(sound))
    return Rate(
        speed=round(len(sound.text) / sound.seconds, 3),
        voiced_speed=round(len(sound.text) / voiced, 3) if voiced else None,
    )
