"""The transformer that both towers share, with the published checkpoints' tensor names.

Shapes: B batch, N tokens, D width, H heads, K channels of a head.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stages.core.linear import Linear, linear

_MLP_RATIO = 4


class LayerNorm(nn.LayerNorm):
    """Layer norm in float32, whatever the activations' precision."""

    def forward(self, x: Tensor) -> Tensor:
        """[..., D] to [..., D] of the same dtype."""
        return super().forward(x.float()).to(x.dtype)


def quick_gelu(x: Tensor) -> Tensor:
    """Return x * sigmoid(1.702 x), the approximation of GELU that the published weights were trained with."""
    return x * torch.sigmoid(1.702 * x)


class Attention(nn.Module):
    """Self-attention with one matrix for queries, keys and values, named as in `nn.MultiheadAttention`."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"width {width} is no multiple of {heads} heads")
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, x: Tensor, *, causal: bool) -> Tensor:
        """[B, N, D] to [B, N, D]; if `causal`, a token sees itself and those before it."""
        batch, tokens, width = x.shape
        qkv = linear(x, self.in_proj_weight, self.in_proj_bias)
        q, k, v = qkv.view(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=causal)  # [B, H, N, K]
        output: Tensor = self.out_proj(mixed.transpose(1, 2).reshape(batch, tokens, width))
        return output


class Mlp(nn.Module):
    """Two linear layers with a QuickGELU between them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.c_fc = Linear(width, _MLP_RATIO * width)
        self.c_proj = Linear(_MLP_RATIO * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """[..., D] to [..., D]."""
        output: Tensor = self.c_proj(quick_gelu(self.c_fc(x)))
        return output


class Block(nn.Module):
    """A pre-norm residual block."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attn = Attention(width, heads)
        self.ln_1 = LayerNorm(width)
        self.mlp = Mlp(width)
        self.ln_2 = LayerNorm(width)

    def forward(self, x: Tensor, *, causal: bool) -> Tensor:
        """[B, N, D] to [B, N, D]."""
        x = x + self.attn(self.ln_1(x), causal=causal)
        output: Tensor = x + self.mlp(self.ln_2(x))
        return output


class Transformer(nn.Module):
    """A stack of blocks; the text tower's is causal."""

    def __init__(self, width: int, layers: int, heads: int, *, causal: bool) -> None:
        super().__init__()
        self.causal = causal
        self.resblocks = nn.ModuleList(Block(width, heads) for _ in range(layers))

    def forward(self, x: Tensor) -> Tensor:
        """[B, N, D] to [B, N, D]."""
        for block in self.resblocks:
            x = block(x, causal=self.causal)
        return x

    def initialise(self) -> None:
        """Draw the weights so that the residual stream's variance does not grow with depth."""
        for block in self.resblocks:
            assert isinstance(block, Block)  # noqa: S101 - for the type checker
            width = block.ln_1.normalized_shape[0]
            into, out_of = width**-0.5, width**-0.5 * (2 * len(self.resblocks)) ** -0.5
            nn.init.normal_(block.attn.in_proj_weight, std=into)
            nn.init.normal_(block.attn.out_proj.weight, std=out_of)
            nn.init.normal_(block.mlp.c_fc.weight, std=(2 * width) ** -0.5)
            nn.init.normal_(block.mlp.c_proj.weight, std=out_of)
