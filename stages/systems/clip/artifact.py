"""A trained CLIP as its training published it, for stages and systems that need one.

What is needed besides the weights stands in `config.json` beside them: nothing of the corpus is read.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from pydantic import ValidationError

from stages.core.checkpoint import read_tensors
from stages.core.errors import BadDataError
from stages.systems.clip.model import Clip
from stages.systems.clip.preprocess import squared
from stages.systems.clip.presets import Architecture
from stages.systems.clip.tokenizer import Tokenizer
from stages.systems.clip.zero_shot import image_features, text_features

_CPU = torch.device("cpu")


class Artifact:
    """Both towers and the tokeniser, on the CPU.

    Args:
        folder: with `model.safetensors` and `config.json`.

    Raises:
        BadDataError: a file is missing, damaged or does not fit the other.
    """

    def __init__(self, folder: Path) -> None:
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            self.architecture = Architecture.model_validate(config["architecture"])
            merges = [tuple(pair.split(" ")) for pair in config["merges"]]
        except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
            raise BadDataError(f"{folder}/config.json: not of a trained CLIP ({error})") from error
        text = self.architecture.text
        self._tokenizer = Tokenizer(merges, text.vocabulary, text.context)
        with torch.device("meta"):
            self._model = Clip(self.architecture)
        self._model.to_empty(device="cpu").eval()
        try:
            self._model.load_state_dict(read_tensors(folder / "model.safetensors"))
        except RuntimeError as error:
            raise BadDataError(f"{folder}: the weights do not fit config.json: {error}") from error

    def picture_features(self, pictures: Sequence[Image.Image]) -> npt.NDArray[np.float32]:
        """Unit features float32 [B, E] of RGB pictures of any size."""
        images = torch.stack([squared(picture, self.architecture.image_size) for picture in pictures])
        return _numpy(image_features(self._model, images, _CPU))

    def text_features(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit features float32 [B, E] of captions."""
        return _numpy(text_features(self._model, self._tokenizer, texts, _CPU))


def _numpy(features: torch.Tensor) -> npt.NDArray[np.float32]:
    array: npt.NDArray[np.float32] = features.numpy()
    return array
