"""Published checkpoints: from their state dict to our model.

The towers' sizes are not written in the file; they follow from the tensors' shapes.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from stages.core.errors import BadDataError
from stages.systems.clip.model import Clip
from stages.systems.clip.presets import (
    HEAD_WIDTH,
    RESNET_STRIDE,
    Architecture,
    ResNetParams,
    TextParams,
    VitParams,
)

_NOT_WEIGHTS = ("input_resolution", "context_length", "vocab_size")  # integers stored among the tensors


def from_official(tensors: Mapping[str, Tensor]) -> Clip:
    """Our model with the weights of a published state dict, in float32 and evaluation mode.

    Raises:
        BadDataError: a tensor is missing, unknown, or of another shape.
    """
    weights = {name: tensor for name, tensor in tensors.items() if name not in _NOT_WEIGHTS}
    try:
        with torch.device("meta"):
            model = Clip(architecture_of(weights))
        model.to_empty(device="cpu")
        model.load_state_dict(weights)
    except (KeyError, IndexError, ValueError, RuntimeError) as error:
        raise BadDataError(f"no published CLIP checkpoint: {error}") from error
    return model.eval()


def architecture_of(tensors: Mapping[str, Tensor]) -> Architecture:
    """Infer the sizes from the tensors' shapes.

    Raises:
        KeyError: a tensor that every CLIP has is missing.
    """
    context, width = tensors["positional_embedding"].shape
    text = TextParams(
        context=context,
        vocabulary=tensors["token_embedding.weight"].shape[0],
        layers=_count(tensors, "transformer.resblocks.", ".attn.in_proj_weight"),
        width=width,
        heads=max(1, width // HEAD_WIDTH),
    )
    vision, image_size = _vit(tensors) if "visual.proj" in tensors else _resnet(tensors)
    embed = tensors["text_projection"].shape[1]
    return Architecture(embed=embed, image_size=image_size, vision=vision, text=text)


def _count(tensors: Mapping[str, Tensor], prefix: str, suffix: str) -> int:
    return sum(name.startswith(prefix) and name.endswith(suffix) for name in tensors)


def _vit(tensors: Mapping[str, Tensor]) -> tuple[VitParams, int]:
    width, _, _, patch = tensors["visual.conv1.weight"].shape
    layers = _count(tensors, "visual.transformer.resblocks.", ".attn.in_proj_weight")
    grid = round((len(tensors["visual.positional_embedding"]) - 1) ** 0.5)
    vit = VitParams(layers=layers, width=width, heads=max(1, width // HEAD_WIDTH), patch=patch)
    return vit, grid * patch


def _resnet(tensors: Mapping[str, Tensor]) -> tuple[ResNetParams, int]:
    one, two, three, four = (_count(tensors, f"visual.layer{n}.", ".conv1.weight") for n in (1, 2, 3, 4))
    width = tensors["visual.layer1.0.conv1.weight"].shape[0]
    grid = round((len(tensors["visual.attnpool.positional_embedding"]) - 1) ** 0.5)
    heads = max(1, RESNET_STRIDE * width // HEAD_WIDTH)
    return ResNetParams(layers=(one, two, three, four), width=width, heads=heads), grid * RESNET_STRIDE
