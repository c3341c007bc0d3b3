"""The two image towers: a vision transformer, and the modified ResNet with attention pooling.

Tensor names are those of the published checkpoints. Shapes: B batch, C channels, H and W pixels or cells,
N tokens, D width, E channels of the shared space.
"""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stages.core.linear import Linear
from stages.systems.clip.layers import LayerNorm, Transformer
from stages.systems.clip.presets import RESNET_EXPANSION, RESNET_STRIDE, ResNetParams, VitParams


class VisionTransformer(nn.Module):
    """Patches, a class token, pre-norm blocks; the class token's output is the image's feature."""

    def __init__(self, params: VitParams, image_size: int, embed: int) -> None:
        super().__init__()
        if image_size % params.patch:
            raise ValueError(f"image size {image_size} is no multiple of the patch, {params.patch}")
        width, scale = params.width, params.width**-0.5
        cells = (image_size // params.patch) ** 2
        self.conv1 = nn.Conv2d(3, width, params.patch, stride=params.patch, bias=False)
        self.class_embedding = nn.Parameter(scale * torch.randn(width))
        self.positional_embedding = nn.Parameter(scale * torch.randn(cells + 1, width))
        self.ln_pre = LayerNorm(width)
        self.transformer = Transformer(width, params.layers, params.heads, causal=False)
        self.ln_post = LayerNorm(width)
        self.proj = nn.Parameter(scale * torch.randn(width, embed))

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images [B, 3, H, W] to features [B, E]."""
        patches = self.conv1(images).flatten(2).transpose(1, 2)  # [B, N, D]
        first = self.class_embedding.to(patches.dtype).expand(len(patches), 1, -1)
        x = torch.cat([first, patches], dim=1) + self.positional_embedding.to(patches.dtype)
        x = self.transformer(self.ln_pre(x))
        features: Tensor = self.ln_post(x[:, 0]) @ self.proj
        return features


class Bottleneck(nn.Module):
    """A residual bottleneck whose convolutions all have stride 1: an average pool shrinks before the last."""

    def __init__(self, channels: int, planes: int, stride: int) -> None:
        super().__init__()
        out = planes * RESNET_EXPANSION
        self.conv1 = nn.Conv2d(channels, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.avgpool = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
        self.conv3 = nn.Conv2d(planes, out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out)
        self.downsample: nn.Module = nn.Identity()
        if stride > 1 or channels != out:
            shortcut = {"-1": nn.AvgPool2d(stride), "0": nn.Conv2d(channels, out, 1, bias=False)}
            self.downsample = nn.Sequential(OrderedDict(shortcut, **{"1": nn.BatchNorm2d(out)}))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to [B, 4 planes, H / stride, W / stride]."""
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.avgpool(F.relu(self.bn2(self.conv2(y))))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class AttentionPool(nn.Module):
    """Multi-head attention whose one query is the mean of the cells, in place of an average pool."""

    def __init__(self, cells: int, width: int, heads: int, embed: int) -> None:
        super().__init__()
        self.heads = heads
        self.positional_embedding = nn.Parameter(torch.randn(cells + 1, width) * width**-0.5)
        self.k_proj = Linear(width, width)
        self.q_proj = Linear(width, width)
        self.v_proj = Linear(width, width)
        self.c_proj = Linear(width, embed)

    def forward(self, x: Tensor) -> Tensor:
        """[B, D, H, W] to [B, E]."""
        cells = x.flatten(2).transpose(1, 2)  # [B, N, D]
        tokens = torch.cat([cells.mean(dim=1, keepdim=True), cells], dim=1)
        tokens = tokens + self.positional_embedding.to(tokens.dtype)
        query = self._split(self.q_proj(tokens[:, :1]))
        keys, values = self._split(self.k_proj(tokens)), self._split(self.v_proj(tokens))
        pooled = F.scaled_dot_product_attention(query, keys, values)
        features: Tensor = self.c_proj(pooled.transpose(1, 2).flatten(1))
        return features

    def _split(self, x: Tensor) -> Tensor:
        """[B, N, D] to [B, heads, N, D / heads]."""
        batch, tokens, width = x.shape
        return x.view(batch, tokens, self.heads, width // self.heads).transpose(1, 2)


class ModifiedResNet(nn.Module):
    """ResNet-D with three stem convolutions, blurred strides, and attention pooling."""

    def __init__(self, params: ResNetParams, image_size: int, embed: int) -> None:
        super().__init__()
        if image_size % RESNET_STRIDE:
            raise ValueError(f"image size {image_size} is no multiple of {RESNET_STRIDE}")
        width = params.width
        self.conv1 = nn.Conv2d(3, width // 2, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width // 2)
        self.conv2 = nn.Conv2d(width // 2, width // 2, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width // 2)
        self.conv3 = nn.Conv2d(width // 2, width, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(width)
        self.avgpool = nn.AvgPool2d(2)
        self.layer1 = _stage(width, width, params.layers[0], stride=1)
        self.layer2 = _stage(width * 4, width * 2, params.layers[1], stride=2)
        self.layer3 = _stage(width * 8, width * 4, params.layers[2], stride=2)
        self.layer4 = _stage(width * 16, width * 8, params.layers[3], stride=2)
        cells = (image_size // RESNET_STRIDE) ** 2
        self.attnpool = AttentionPool(cells, width * RESNET_STRIDE, params.heads, embed)

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images [B, 3, H, W] to features [B, E]."""
        images = images.contiguous(memory_format=torch.channels_last)  # a quarter faster on CPUs
        x = F.relu(self.bn1(self.conv1(images)))
        x = F.relu(self.bn2(self.conv2(x)))
        x = self.avgpool(F.relu(self.bn3(self.conv3(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        features: Tensor = self.attnpool(x)
        return features

    def initialise(self) -> None:
        """Each bottleneck starts as its shortcut; the pool's projections start at unit gain."""
        for module in self.modules():
            if isinstance(module, Bottleneck):
                nn.init.zeros_(module.bn3.weight)
        pool = self.attnpool
        for projection in (pool.q_proj, pool.k_proj, pool.v_proj, pool.c_proj):
            nn.init.normal_(projection.weight, std=pool.c_proj.in_features**-0.5)


def _stage(channels: int, planes: int, blocks: int, stride: int) -> nn.Sequential:
    """`blocks` bottlenecks, the first of which may shrink the map."""
    first = Bottleneck(channels, planes, stride)
    rest = (Bottleneck(planes * RESNET_EXPANSION, planes, 1) for _ in range(blocks - 1))
    return nn.Sequential(first, *rest)
