"""Images between the shards and the model: decoded, squared, augmented as bytes, normalised on the device.

Shapes: B batch, S pixels of a side.

Source: Radford et al., 2021, section 2.4; the published preprocessing is bicubic resizing of the shorter side
and a centre crop.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from pydantic import Field
from torch import Tensor

from stages.core.images import decode_rgb
from stages.core.params import Params

_MEAN = (0.48145466, 0.4578275, 0.40821073)  # of the published models' training images, per channel
_STD = (0.26862954, 0.26130258, 0.27577711)

_Share = Annotated[float, Field(gt=0, le=2)]


class Augmentation(Params):
    """How training images vary. The paper's only augmentation is a random crop.

    Attributes:
        crop: smallest and largest side of the window, as a share of the image; beyond 1 the border repeats.
        rotate: the largest angle, in degrees.
        colour: the largest relative change of each channel's gain, and of its offset as a share of the range.
    """

    crop: tuple[_Share, _Share] = (0.9, 1.0)
    rotate: float = Field(default=0.0, ge=0, le=180)
    colour: float = Field(default=0.0, ge=0, lt=1)


def square(content: bytes, size: int) -> Tensor:
    """Decode an image file to uint8 [3, S, S]: the shorter side resized to `size`, the centre cropped.

    Raises:
        BadItemError: the bytes are no image within bounds.
    """
    return squared(decode_rgb(content), size)


def squared(image: Image.Image, size: int) -> Tensor:
    """An RGB image as uint8 [3, S, S]: the shorter side resized to `size`, the centre cropped."""
    short = min(image.size)
    width, height = (size if side == short else int(size * side / short) for side in image.size)
    image = image.resize((width, height), Image.Resampling.BICUBIC)
    left, top = round((width - size) / 2), round((height - size) / 2)
    pixels = np.asarray(image.crop((left, top, left + size, top + size)))
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)


def normalise(images: Tensor) -> Tensor:
    """Images uint8 [B, 3, S, S] to float32 of about zero mean and unit variance."""
    mean = torch.tensor(_MEAN, device=images.device).view(3, 1, 1)
    std = torch.tensor(_STD, device=images.device).view(3, 1, 1)
    return (images.float() / 255 - mean) / std


@dataclass(frozen=True)
class Changes:
    """What happens to each image of a batch; drawn for a whole batch, so that each rank can take its rows.

    Attributes:
        affine: float32 [B, 2, 3], from output to input coordinates in [-1, 1].
        gain: float32 [B, 3].
        offset: float32 [B, 3], in units of the byte range.
    """

    affine: Tensor
    gain: Tensor
    offset: Tensor

    def rows(self, start: int, stop: int) -> "Changes":
        """The changes of some of the images."""
        return Changes(self.affine[start:stop], self.gain[start:stop], self.offset[start:stop])


def draw(params: Augmentation, count: int, rng: np.random.Generator) -> Changes:
    """Draw changes for `count` images."""
    side = rng.uniform(*params.crop, count)
    angle = np.radians(params.rotate) * rng.uniform(-1, 1, count)
    shift = np.abs(1 - side)[:, None] * rng.uniform(-1, 1, (count, 2))
    cos, sin = side * np.cos(angle), side * np.sin(angle)
    affine = np.stack([np.stack([cos, -sin, shift[:, 0]], -1), np.stack([sin, cos, shift[:, 1]], -1)], 1)
    gain = 1 + params.colour * rng.uniform(-1, 1, (count, 3))
    offset = params.colour * rng.uniform(-1, 1, (count, 3))
    return Changes(*(torch.from_numpy(part.astype(np.float32)) for part in (affine, gain, offset)))


def change(images: Tensor, changes: Changes, size: int) -> Tensor:
    """Apply changes to uint8 [B, 3, S, S] and sample the result at uint8 [B, 3, size, size]."""
    centres = (torch.arange(size) + 0.5) / size * 2 - 1
    y, x = centres.view(size, 1), centres.view(1, size)
    rows = changes.affine[:, :, :, None, None]
    grid = rows[:, :, 0] * x + rows[:, :, 1] * y + rows[:, :, 2]  # [B, 2, size, size]
    sampled = F.grid_sample(
        images.float(), grid.permute(0, 2, 3, 1), padding_mode="border", align_corners=False
    )
    coloured = sampled * changes.gain[:, :, None, None] + 255 * changes.offset[:, :, None, None]
    return coloured.round().clamp(0, 255).to(torch.uint8)


def stored_size(size: int) -> int:
    """The side at which training images are kept, a quarter more than `size`, for crops to have detail."""
    return math.ceil(size * 1.25)
