"""How much of a sound is silent, by its energy alone; whether the rest is speech, `speech` tells."""

from typing import NamedTuple

from stages.score.subjects import Sound

_SILENT = -50.0  # dB of full scale
_SILENT_BELOW_LOUDEST = 35.0  # dB


class Silence(NamedTuple):
    """The share of silent frames, and the seconds in the others."""

    silence: float
    voiced_seconds: float


def silence(sound: Sound) -> Silence:
    """Measure both."""
    silent = silent_share(sound)
    return Silence(silence=round(silent, 4), voiced_seconds=round(sound.seconds * (1 - silent), 4))


def silent_share(sound: Sound) -> float:
    """The share of 20 ms frames below -50 dB of full scale, or 35 dB below the loudest frame.

    The second bound finds the pauses of a recording with a hum; the first keeps noise from being speech.
    """
    energies = sound.energies
    bound = max(10 ** (_SILENT / 10), float(energies.max()) * 10 ** (-_SILENT_BELOW_LOUDEST / 10))
    return float((energies < bound).mean())
