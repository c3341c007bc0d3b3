"""Checkpoints of three layouts: ours, the released `.pt`, and Hugging Face's folder.

| layout | what it is |
|---|---|
| ours | a folder with `model.safetensors` and `config.json` (dimensions, tokeniser), as published |
| released | one file: `{"dims": ..., "model_state_dict": ...}`, usually in half precision |
| Hugging Face | a folder with `model.safetensors` under other names, and its own `config.json` |

The names of tensors are ours in the first two. Nothing is unpickled but tensors and plain containers.
"""

import json
import pickle  # noqa: TID251 - only its error
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from stages.core.errors import BadConfigError, BadDataError
from stages.core.files import replacing, write_json
from stages.systems.whisper import huggingface
from stages.systems.whisper.model import Whisper, load_weights
from stages.systems.whisper.presets import PRESETS, Dimensions
from stages.systems.whisper.tokenizer import Tokenizer

Layout = Literal["released", "huggingface"]


@dataclass(frozen=True)
class Checkpoint:
    """A model that can be used.

    Attributes:
        model: float32, in evaluation mode.
        tokenizer: its vocabulary.
        preset: the name of its size, if it is a known one.
    """

    model: Whisper
    tokenizer: Tokenizer
    preset: str | None


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint of any layout.

    Raises:
        BadDataError: it is missing, damaged, or no Whisper checkpoint.
    """
    if not path.exists():
        raise BadDataError(f"{path}: not found; give a released .pt file or a folder with model.safetensors")
    if path.is_file():
        return _released(path)
    config = _read_config(path / "config.json")
    tensors = _read_tensors(path / "model.safetensors")
    if "dimensions" in config:
        try:
            dims = Dimensions.from_json(config["dimensions"])
            tokenizer = Tokenizer.from_json(config["tokenizer"])
        except (KeyError, TypeError) as error:
            raise BadDataError(f"{path}/config.json: {error!r}; train again with this version") from error
        return _build(path, dims, tensors, tokenizer)
    try:
        dims = huggingface.read_dimensions(config)
    except BadDataError as error:
        raise BadDataError(f"{path}: {error}") from error
    ours = {huggingface.rename(name): name for name in _names(dims)}
    renamed = {ours.get(n, n): tensor for n, tensor in tensors.items() if n != huggingface.OUTPUT}
    return _build(path, dims, renamed, Tokenizer.published(dims.n_vocab))


def write_checkpoint(checkpoint: Checkpoint, path: Path, layout: Layout) -> None:
    """Write a model so that openai-whisper (`released`) or transformers (`huggingface`) opens it.

    Args:
        checkpoint: the model.
        path: a file for `released`, a folder for `huggingface`.
        layout: which of them.

    Raises:
        BadConfigError: the model has strides that the other programs cannot have.
        TryAgainError: the disk is full.
    """
    dims = checkpoint.model.dims
    if dims.strides != (1, 2):
        raise BadConfigError(f"strides {dims.strides}: other programs know models with strides (1, 2) only")
    tensors = {name: tensor.contiguous() for name, tensor in checkpoint.model.state_dict().items()}
    if layout == "released":
        numbers = {name: value for name, value in asdict(dims).items() if name != "strides"}
        with replacing(path) as part:
            torch.save({"dims": numbers, "model_state_dict": tensors}, part)  # noqa: TID251 - their layout
        return
    with replacing(path / "model.safetensors") as part:
        save_file({huggingface.rename(n): tensor for n, tensor in tensors.items()}, part, {"format": "pt"})
    for name, content in huggingface.configs(dims, checkpoint.tokenizer).items():
        write_json(path / name, content)


def _released(path: Path) -> Checkpoint:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        dims = Dimensions.from_json({**content["dims"], "strides": (1, 2)})
        tensors = content["model_state_dict"]
    except (pickle.UnpicklingError, zipfile.BadZipFile, RuntimeError, EOFError) as error:
        raise BadDataError(f"{path}: no file of weights ({str(error).splitlines()[0]})") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadDataError(f"{path}: no Whisper checkpoint: {error!r}") from error
    return _build(path, dims, tensors, Tokenizer.published(dims.n_vocab))


def _build(path: Path, dims: Dimensions, tensors: Mapping[str, Tensor], tokenizer: Tokenizer) -> Checkpoint:
    if tokenizer.size != dims.n_vocab:
        raise BadDataError(f"{path}: {dims.n_vocab} ids, but its vocabulary has {tokenizer.size}")
    model = _empty(dims).to_empty(device="cpu")
    load_weights(model, tensors)
    preset = next((name for name, known in PRESETS.items() if known == dims), None)
    return Checkpoint(model.float().eval(), tokenizer, preset)


def _empty(dims: Dimensions) -> Whisper:
    with torch.device("meta"):
        return Whisper(dims)


def _names(dims: Dimensions) -> list[str]:
    return list(_empty(dims).state_dict())


def _read_config(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadDataError(f"{path}: missing or no JSON ({error})") from error
    if not isinstance(content, dict):
        raise BadDataError(f"{path}: expected a JSON object")
    return content


def _read_tensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise BadDataError(f"{path}: missing or no safetensors file ({error})") from error
