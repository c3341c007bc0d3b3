"""A trained Whisper as its training published it, for stages and systems that need one.

What is needed besides the weights stands in `config.json` beside them: nothing of the corpus is read.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from stages.core.checkpoint import read_tensors
from stages.core.errors import BadDataError
from stages.systems.whisper.decoding import language_probabilities
from stages.systems.whisper.mel import SAMPLE_RATE, fit, log_mel
from stages.systems.whisper.model import Whisper, load_weights
from stages.systems.whisper.presets import Dimensions
from stages.systems.whisper.tokenizer import Tokenizer

_FULL_SCALE = 1 << 15  # of PCM-16


class Artifact:
    """The model and its tokeniser, on the CPU.

    Args:
        folder: with `model.safetensors` and `config.json`.

    Raises:
        BadDataError: a file is missing, damaged or does not fit the other.
    """

    def __init__(self, folder: Path) -> None:
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            self.dims = Dimensions.from_json(config["dimensions"])
            self._tokenizer = Tokenizer.from_json(config["tokenizer"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadDataError(f"{folder}/config.json: not of a trained Whisper ({error})") from error
        self._model = Whisper(self.dims).eval()
        load_weights(self._model, read_tensors(folder / "model.safetensors"))

    def spoken_languages(self, sounds: Sequence[npt.NDArray[np.int16]]) -> list[tuple[str, float]]:
        """The likeliest language in the first window of each sound, and its probability.

        Args:
            sounds: int16 [samples] each, 16 kHz mono.
        """
        samples = round(self.dims.seconds * SAMPLE_RATE)
        windows = [fit(torch.from_numpy(sound.astype(np.float32) / _FULL_SCALE), samples) for sound in sounds]
        mel = log_mel(torch.stack(windows), self.dims.n_mels)
        codes = self._tokenizer.special.languages
        best = language_probabilities(self._model, self._tokenizer.special, mel).max(dim=1)
        return [
            (codes[index], probability)
            for index, probability in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        ]
