"""The sizes of CLIP: the nine published ones, and one that trains here in minutes.

The parameter counts of the published presets equal the paper's; they are built on the meta device, so that
asking costs no memory.

Source: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021, tables
18 to 20.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from stages.core.params import Params

HEAD_WIDTH = 64  # channels of an attention head in every published model
RESNET_EXPANSION = 4  # a bottleneck's output channels over its planes
RESNET_STRIDE = 32  # pixels of the image for a cell of the last feature map


class VitParams(Params):
    """A vision transformer."""

    kind: Literal["vit"] = "vit"
    layers: int = Field(ge=1)
    width: int = Field(ge=1)
    heads: int = Field(ge=1)
    patch: int = Field(ge=1)  # pixels


class ResNetParams(Params):
    """The paper's modified ResNet: bottlenecks in each of four stages, and the stem's width."""

    kind: Literal["resnet"] = "resnet"
    layers: tuple[int, int, int, int]
    width: int = Field(ge=2)
    heads: int = Field(ge=1)  # of the attention that pools the last feature map


class TextParams(Params):
    """The causal text transformer."""

    context: int = Field(ge=3)  # tokens, with those for start and end
    vocabulary: int = Field(ge=3)
    layers: int = Field(ge=1)
    width: int = Field(ge=1)
    heads: int = Field(ge=1)


class Architecture(Params):
    """Everything that fixes the shapes of a model's tensors."""

    embed: int = Field(ge=1)  # channels of the shared space
    image_size: int = Field(ge=1)  # pixels, square
    vision: VitParams | ResNetParams = Field(discriminator="kind")
    text: TextParams


def _text(width: int) -> TextParams:
    return TextParams(context=77, vocabulary=49408, layers=12, width=width, heads=width // HEAD_WIDTH)


def _resnet(
    *, embed: int, size: int, layers: tuple[int, int, int, int], width: int, text: int
) -> Architecture:
    vision = ResNetParams(layers=layers, width=width, heads=RESNET_STRIDE * width // HEAD_WIDTH)
    return Architecture(embed=embed, image_size=size, vision=vision, text=_text(text))


def _vit(*, embed: int, size: int, layers: int, width: int, patch: int, text: int) -> Architecture:
    vision = VitParams(layers=layers, width=width, heads=width // HEAD_WIDTH, patch=patch)
    return Architecture(embed=embed, image_size=size, vision=vision, text=_text(text))


SAMPLE = "sample"

PRESETS: Mapping[str, Architecture] = {
    SAMPLE: Architecture(
        embed=128,
        image_size=32,
        vision=ResNetParams(layers=(1, 1, 1, 1), width=32, heads=16),
        text=TextParams(context=16, vocabulary=2048, layers=2, width=128, heads=4),
    ),
    "RN50": _resnet(embed=1024, size=224, layers=(3, 4, 6, 3), width=64, text=512),
    "RN101": _resnet(embed=512, size=224, layers=(3, 4, 23, 3), width=64, text=512),
    "RN50x4": _resnet(embed=640, size=288, layers=(4, 6, 10, 6), width=80, text=640),
    "RN50x16": _resnet(embed=768, size=384, layers=(6, 8, 18, 8), width=96, text=768),
    "RN50x64": _resnet(embed=1024, size=448, layers=(3, 15, 36, 10), width=128, text=1024),
    "ViT-B/32": _vit(embed=512, size=224, layers=12, width=768, patch=32, text=512),
    "ViT-B/16": _vit(embed=512, size=224, layers=12, width=768, patch=16, text=512),
    "ViT-L/14": _vit(embed=768, size=224, layers=24, width=1024, patch=14, text=768),
    "ViT-L/14@336px": _vit(embed=768, size=336, layers=24, width=1024, patch=14, text=768),
}
