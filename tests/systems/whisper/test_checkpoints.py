"""Checkpoints of every layout are the same model."""

import json

import pytest
import torch

from stages.core.errors import BadConfigError, BadDataError
from stages.systems.whisper.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from stages.systems.whisper.model import Whisper
from stages.systems.whisper.presets import Dimensions
from stages.systems.whisper.tokenizer import Tokenizer
from tests.systems.whisper import golden


@pytest.fixture(scope="module")
def checkpoint():
    return Checkpoint(golden.model(), Tokenizer.published(51_865), None)


@pytest.mark.parametrize("layout", ["released", "huggingface"])
def test_what_is_written_is_read_again(tmp_path, checkpoint, layout):
    write_checkpoint(checkpoint, tmp_path / "model", layout)
    again = read_checkpoint(tmp_path / "model")
    assert again.model.dims == checkpoint.model.dims
    ours, theirs = checkpoint.model.state_dict(), again.model.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert again.tokenizer.special == checkpoint.tokenizer.special


def test_half_precision_is_read_as_float32(tmp_path, checkpoint):
    dims = checkpoint.model.dims.to_json()
    dims.pop("strides")
    half = {name: tensor.half() for name, tensor in checkpoint.model.state_dict().items()}
    torch.save({"dims": dims, "model_state_dict": half}, tmp_path / "half.pt")  # noqa: TID251
    model = read_checkpoint(tmp_path / "half.pt").model
    assert {tensor.dtype for tensor in model.state_dict().values()} == {torch.float32}
    assert torch.equal(model.decoder.ln.weight, checkpoint.model.decoder.ln.weight.half().float())


class Hostile:
    def __reduce__(self):
        return (print, ("owned",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"dims": {}, "model_state_dict": {}}, "no Whisper checkpoint"),
        ([1, 2], "no Whisper checkpoint"),
        (Hostile(), "no file of weights"),
    ],
)
def test_other_files_of_weights_are_refused(tmp_path, content, message, capsys):
    torch.save(content, tmp_path / "other.pt")  # noqa: TID251
    with pytest.raises(BadDataError, match=rf"other\.pt: {message}"):
        read_checkpoint(tmp_path / "other.pt")
    assert "owned" not in capsys.readouterr().out


def test_damage_is_named(tmp_path, checkpoint):
    (tmp_path / "text.pt").write_text("not a checkpoint")
    with pytest.raises(BadDataError, match=r"text\.pt: no file of weights"):
        read_checkpoint(tmp_path / "text.pt")
    with pytest.raises(BadDataError, match="not found"):
        read_checkpoint(tmp_path / "nothing")
    folder = tmp_path / "folder"
    write_checkpoint(checkpoint, folder, "huggingface")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "bert"}))
    with pytest.raises(BadDataError, match="'bert' is not 'whisper'"):
        read_checkpoint(folder)
    (folder / "config.json").write_text(json.dumps({**config, "d_model": 64}))
    with pytest.raises(BadDataError, match="do not fit"):
        read_checkpoint(folder)
    (folder / "model.safetensors").write_bytes(b"\0" * 100)
    with pytest.raises(BadDataError, match="no safetensors"):
        read_checkpoint(folder)


def test_other_strides_cannot_be_exported(tmp_path):
    tokenizer = Tokenizer.train([" one"] * 4, ["en"], 260, 0.4)
    dims = Dimensions(8, 10, 16, 2, 1, tokenizer.size, 12, 16, 2, 1, strides=(2, 2))
    with pytest.raises(BadConfigError, match="strides"):
        write_checkpoint(Checkpoint(Whisper(dims), tokenizer, None), tmp_path / "model.pt", "released")
