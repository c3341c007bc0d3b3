"""Which language is spoken, as a trained Whisper hears it.

Source: Radford et al., 2022, sections 2.1 and 2.3: the first token after the start names the language.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stages import systems
from stages.score.subjects import Sound


class SpokenLanguageModel:
    """Fills `spoken_language` and `spoken_language_score`.

    Args:
        weights: the folder that a training of Whisper has published.

    Raises:
        BadDataError: the folder is missing or damaged.
    """

    looks_at = Sound

    def __init__(self, weights: Path) -> None:
        self._whisper = systems.artifact("whisper", weights)

    def __call__(self, subjects: Sequence[Sound], _texts: Sequence[str]) -> list[Mapping[str, Any]]:
        """The likeliest language of the first window, and its probability among all languages."""
        heard = self._whisper.spoken_languages([sound.samples for sound in subjects])
        return [
            {"spoken_language": language, "spoken_language_score": round(probability, 4)}
            for language, probability in heard
        ]
