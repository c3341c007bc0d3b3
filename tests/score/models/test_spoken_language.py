"""A trained Whisper names languages, from its published folder on."""

from pathlib import Path

import pytest
import torch

from stages.core.checkpoint import write_tensors
from stages.core.errors import BadDataError
from stages.core.files import write_json
from stages.score.models.spoken_language import SpokenLanguageModel
from stages.score.subjects import Sound
from stages.systems.whisper.model import Whisper, initialise
from stages.systems.whisper.presets import PRESETS
from stages.systems.whisper.tokenizer import Tokenizer
from tests.score.material import samples, spoken


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Whisper as `stages.train` publishes it, untrained."""
    folder = tmp_path_factory.mktemp("whisper") / "weights"
    folder.mkdir()
    tokenizer = Tokenizer.train(["one two"], ["en", "fr", "ru"], 300, PRESETS["sample"].seconds)
    dims = PRESETS["sample"].with_vocabulary(tokenizer.size)
    torch.manual_seed(1)
    model = Whisper(dims)
    initialise(model, 1.0)
    write_tensors(folder / "model.safetensors", model.state_dict())
    config = {"preset": "sample", "dimensions": dims.to_json(), "tokenizer": tokenizer.to_json()}
    write_json(folder / "config.json", config)
    return folder


def test_each_sound_gets_a_language_of_the_vocabulary(weights: Path) -> None:
    sounds = [Sound(wave, "") for wave in (spoken("fr"), samples(), samples(seconds=0.01))]
    found = SpokenLanguageModel(weights)(sounds, ["", "", ""])
    assert all(columns["spoken_language"] in {"en", "fr", "ru"} for columns in found)
    assert all(1 / 3 <= columns["spoken_language_score"] <= 1 for columns in found)


def test_what_stands_beside_a_sound_in_its_batch_does_not_show(weights: Path) -> None:
    model = SpokenLanguageModel(weights)
    sounds = [Sound(spoken(language), "") for language in ("fr", "ru")]
    together = model(sounds, ["", ""])
    assert [model([sound], [""])[0] for sound in sounds] == together


def test_a_folder_that_is_no_whisper_is_bad_data(tmp_path: Path) -> None:
    with pytest.raises(BadDataError, match=r"config\.json"):
        SpokenLanguageModel(tmp_path)
