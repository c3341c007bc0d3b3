"""A trained Whisper for stages and systems that need one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from stages.systems.whisper.checkpoints import read_checkpoint
from stages.systems.whisper.decoding import detect_languages
from stages.systems.whisper.mel import SAMPLE_RATE, fit, log_mel

_FULL_SCALE = 1 << 15  # of PCM-16


class Artifact:
    """The model and its tokeniser, on the CPU.

    Args:
        folder: of published weights, or a released checkpoint of any layout.

    Raises:
        BadDataError: it is missing, damaged, or no Whisper.
    """

    def __init__(self, folder: Path) -> None:
        checkpoint = read_checkpoint(folder)
        self._model, self._tokenizer = checkpoint.model, checkpoint.tokenizer

    @torch.inference_mode()
    def spoken_languages(self, sounds: Sequence[npt.NDArray[np.int16]]) -> list[tuple[str, float]]:
        """The likeliest language in the first window of each sound, and its probability.

        Args:
            sounds: int16 [samples] each, 16 kHz mono.
        """
        dims = self._model.dims
        samples = round(dims.seconds * SAMPLE_RATE)
        windows = [fit(torch.from_numpy(sound.astype(np.float32) / _FULL_SCALE), samples) for sound in sounds]
        audio = self._model.encoder(log_mel(torch.stack(windows), dims.n_mels))
        found = detect_languages(self._model, self._tokenizer, audio)
        return [max(one.items(), key=lambda pair: pair[1]) for one in found]
