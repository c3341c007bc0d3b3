"""CLIP: an image tower and a text tower that meet in one space.

Tensor names are those of the published checkpoints, so that these load as they are. Shapes: B batch, N
tokens, D width, E channels of the shared space.

Source: Radford et al., 2021, section 2.4 and figure 3.
"""

import math

import torch
from torch import Tensor, nn

from stages.systems.clip.layers import LayerNorm, Transformer
from stages.systems.clip.presets import Architecture, VitParams
from stages.systems.clip.vision import ModifiedResNet, VisionTransformer

FIRST_TEMPERATURE = 0.07
LARGEST_LOGIT_SCALE = 100.0  # the paper clips the learned scale here, against unstable training


class Clip(nn.Module):
    """Both towers and the learned temperature.

    Raises:
        ValueError: the image size does not fit the image tower's stride.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        vision, text = architecture.vision, architecture.text
        self.visual: VisionTransformer | ModifiedResNet
        if isinstance(vision, VitParams):
            self.visual = VisionTransformer(vision, architecture.image_size, architecture.embed)
        else:
            self.visual = ModifiedResNet(vision, architecture.image_size, architecture.embed)
        self.transformer = Transformer(text.width, text.layers, text.heads, causal=True)
        self.token_embedding = nn.Embedding(text.vocabulary, text.width)
        self.positional_embedding = nn.Parameter(torch.empty(text.context, text.width))
        self.ln_final = LayerNorm(text.width)
        self.text_projection = nn.Parameter(torch.empty(text.width, architecture.embed))
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / FIRST_TEMPERATURE)))
        self._initialise()

    def _initialise(self) -> None:
        """The published initialisation; the ViT's blocks keep PyTorch's defaults, as they do there."""
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        nn.init.normal_(self.positional_embedding, std=0.01)
        nn.init.normal_(self.text_projection, std=self.text_projection.shape[0] ** -0.5)
        self.transformer.initialise()
        if isinstance(self.visual, ModifiedResNet):
            self.visual.initialise()

    def encode_image(self, images: Tensor) -> Tensor:
        """Normalised images [B, 3, H, W] to features [B, E], not of unit length."""
        features: Tensor = self.visual(images)
        return features

    def encode_text(self, tokens: Tensor) -> Tensor:
        """Token ids [B, N], N at most the context, to features [B, E], not of unit length.

        The feature is read at the end token, which has the largest id. The tower is causal, so that what
        follows the end token changes nothing and a batch may be cut to its longest text.
        """
        x = self.token_embedding(tokens) + self.positional_embedding[: tokens.shape[1]]
        x = self.transformer(x)
        ends = x[torch.arange(len(x), device=x.device), tokens.argmax(dim=1)]
        features: Tensor = self.ln_final(ends) @ self.text_projection
        return features

    def forward(self, images: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Unit features of images and texts [B, E], and the factor that turns cosines into logits []."""
        image_features = nn.functional.normalize(self.encode_image(images).float(), dim=-1)
        text_features = nn.functional.normalize(self.encode_text(tokens).float(), dim=-1)
        # exp2, since torch's exp is rounded differently on Intel's and AMD's processors
        return image_features, text_features, (self.logit_scale * math.log2(math.e)).exp2()

    @torch.no_grad()
    def after_step(self) -> None:
        """Keep the scale at or below 100; the learner calls this after each optimiser step."""
        self.logit_scale.clamp_(max=math.log(LARGEST_LOGIT_SCALE))


def count_parameters(architecture: Architecture) -> int:
    """The number of trainable scalars, without allocating any."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in Clip(architecture).parameters())
