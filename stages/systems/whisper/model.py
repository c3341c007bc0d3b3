"""The encoder-decoder Transformer of Whisper, with the names of the released checkpoints.

Source: Radford et al. 2022, section 2.2 and table 1; what the paper leaves open (no bias on keys, timescales
of the sinusoids, exact GELU) follows the released weights, which load unchanged.

Shapes: B batch, M mel channels, F mel frames, T audio positions, N tokens, D width, H heads, V vocabulary.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stages.core.errors import BadDataError
from stages.core.linear import Linear, linear
from stages.systems.whisper.presets import Dimensions

_STEM_GAIN = 2.5  # nothing normalises the convolutions' output, and the spectrogram is within [-1, 1.5]
_GAIN = 3**-0.5  # what torch gives a linear layer; at 1 the attention begins less even and learns more slowly


@dataclass
class Cache:
    """Keys and values of past tokens, by decoder block; those of the audio are computed once.

    Attributes:
        length: tokens seen so far.
        past: (keys, values) of self-attention, each [B, N, D].
        audio: (keys, values) of cross-attention, each [B, T, D].
    """

    length: int = 0
    past: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)
    audio: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)

    def reorder(self, rows: Tensor) -> None:
        """Go on from these rows, int64 [R], of which several may be the same; the audio stays as it is."""
        self.past = {
            block: (keys.index_select(0, rows), values.index_select(0, rows))
            for block, (keys, values) in self.past.items()
        }


class Attention(nn.Module):
    """Multi-head attention whose keys have no bias: adding a constant to them changes no softmax."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = Linear(width, width)
        self.key = Linear(width, width, bias=False)
        self.value = Linear(width, width)
        self.out = Linear(width, width)

    def project(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values [B, S, D] of a source [B, S, D]."""
        return self.key(source), self.value(source)

    def attend(self, x: Tensor, keys: Tensor, values: Tensor, *, causal: bool = False) -> Tensor:
        """Attend from x [B, N, D]; with `causal`, x are the last N of the keys' positions."""
        q, k, v = (self._split(t) for t in (self.query(x), keys, values))
        mask = _causal_mask(q.shape[-2], k.shape[-2], x.device) if causal and q.shape[-2] > 1 else None
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return cast(Tensor, self.out(mixed.transpose(1, 2).flatten(2)))

    def weights(self, x: Tensor, keys: Tensor) -> Tensor:
        """The attention itself, [B, H, N, S]: which positions each x looks at."""
        q, k = self._split(self.query(x)), self._split(keys)
        return (q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])).softmax(dim=-1)

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)


class Block(nn.Module):
    """A pre-norm residual block: self-attention, in the decoder cross-attention, and a perceptron."""

    def __init__(self, width: int, heads: int, *, cross: bool) -> None:
        super().__init__()
        self.attn = Attention(width, heads)
        self.attn_ln = nn.LayerNorm(width)
        if cross:
            self.cross_attn = Attention(width, heads)
            self.cross_attn_ln = nn.LayerNorm(width)
        self.mlp = nn.Sequential(Linear(width, 4 * width), nn.GELU(), Linear(4 * width, width))
        self.mlp_ln = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        """Encode x [B, T, D]."""
        normed = self.attn_ln(x)
        x = x + self.attn.attend(normed, *self.attn.project(normed))
        return cast(Tensor, x + self.mlp(self.mlp_ln(x)))

    def decode(
        self,
        x: Tensor,
        audio: tuple[Tensor, Tensor],
        past: tuple[Tensor, Tensor] | None,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Decode x [B, N, D] on the audio's keys and values and the past's; also give the new past."""
        normed = self.attn_ln(x)
        present = self.attn.project(normed)
        if past is not None:
            present = (torch.cat([past[0], present[0]], dim=1), torch.cat([past[1], present[1]], dim=1))
        x = x + self.attn.attend(normed, *present, causal=True)
        # rows that share an audio stand beside each other, and are its queries together
        queries = self.cross_attn_ln(x).reshape(len(audio[0]), -1, x.shape[-1])
        x = x + self.cross_attn.attend(queries, *audio).view_as(x)
        return x + self.mlp(self.mlp_ln(x)), present


class AudioEncoder(nn.Module):
    """Two convolutions over the mel spectrogram, sinusoidal positions and Transformer blocks."""

    positional_embedding: Tensor

    def __init__(self, dims: Dimensions) -> None:
        super().__init__()
        width, (first, second) = dims.n_audio_state, dims.strides
        self.conv1 = nn.Conv1d(dims.n_mels, width, kernel_size=3, stride=first, padding=1)
        self.conv2 = nn.Conv1d(width, width, kernel_size=3, stride=second, padding=1)
        self.register_buffer("positional_embedding", sinusoids(dims.n_audio_ctx, width))
        self.blocks = nn.ModuleList(
            Block(width, dims.n_audio_head, cross=False) for _ in range(dims.n_audio_layer)
        )
        self.ln_post = nn.LayerNorm(width)

    def forward(self, mel: Tensor) -> Tensor:
        """Encode mel [B, M, F] to [B, T, D].

        Raises:
            ValueError: the input is longer than the positions reach.
        """
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).transpose(1, 2)
        if x.shape[1] > self.positional_embedding.shape[0]:
            longest = self.positional_embedding.shape[0]
            raise ValueError(f"{x.shape[1]} audio positions, but the model has {longest}: cut the audio")
        x = x + self.positional_embedding[: x.shape[1]].to(x.dtype)
        for block in self.blocks:
            x = block(x)
        return cast(Tensor, self.ln_post(x))


class TextDecoder(nn.Module):
    """Transformer blocks over tokens; the output layer is the transposed embedding."""

    def __init__(self, dims: Dimensions) -> None:
        super().__init__()
        width = dims.n_text_state
        self.token_embedding = nn.Embedding(dims.n_vocab, width)
        self.positional_embedding = nn.Parameter(torch.empty(dims.n_text_ctx, width))
        self.blocks = nn.ModuleList(
            Block(width, dims.n_text_head, cross=True) for _ in range(dims.n_text_layer)
        )
        self.ln = nn.LayerNorm(width)

    def forward(self, tokens: Tensor, audio: Tensor, cache: Cache | None = None) -> Tensor:
        """Logits, float32 [B, N, V], of the token after each of tokens [B, N].

        With a cache, `tokens` are the new ones, and `audio` [B, T, D] is read on the first call only.

        Raises:
            ValueError: the sequence is longer than the positions reach.
        """
        return self.logits(self.states(tokens, audio, Cache() if cache is None else cache))

    def states(self, tokens: Tensor, audio: Tensor, cache: Cache) -> Tensor:
        """The last block's normalised output [B, N, D]; arguments and errors as of `forward`.

        There may be K rows of tokens for each audio, beside each other: [B * K, N].
        """
        x = self.embed(tokens, cache.length)
        for number, block in enumerate(self._blocks()):
            if number not in cache.audio:
                cache.audio[number] = block.cross_attn.project(audio)
            x, cache.past[number] = block.decode(x, cache.audio[number], cache.past.get(number))
        cache.length += tokens.shape[1]
        return cast(Tensor, self.ln(x))

    def logits(self, states: Tensor) -> Tensor:
        """Logits, float32 [..., V], from states [..., D]."""
        return linear(states, self.token_embedding.weight).float()

    def embed(self, tokens: Tensor, offset: int = 0) -> Tensor:
        """Embeddings [B, N, D] of tokens that follow `offset` others."""
        end = offset + tokens.shape[1]
        if end > self.positional_embedding.shape[0]:
            longest = self.positional_embedding.shape[0]
            raise ValueError(f"{end} tokens, but the model has {longest} positions: cut the text")
        return cast(Tensor, self.token_embedding(tokens) + self.positional_embedding[offset:end])

    def alignments(self, tokens: Tensor, audio: Tensor) -> Tensor:
        """Cross-attention of every block and head, [B, layers, H, N, T]."""
        x, found = self.embed(tokens), []
        for block in self._blocks():
            keys, values = block.cross_attn.project(audio)
            normed = block.attn_ln(x)
            after_self = x + block.attn.attend(normed, *block.attn.project(normed), causal=True)
            found.append(block.cross_attn.weights(block.cross_attn_ln(after_self), keys))
            x, _ = block.decode(x, (keys, values), None)
        return torch.stack(found, dim=1)

    def _blocks(self) -> list[Block]:
        return cast(list[Block], list(self.blocks))


class Whisper(nn.Module):
    """The whole model: logits of text tokens from a mel spectrogram and the tokens before them."""

    def __init__(self, dims: Dimensions) -> None:
        super().__init__()
        self.dims = dims
        self.encoder = AudioEncoder(dims)
        self.decoder = TextDecoder(dims)

    def forward(self, mel: Tensor, tokens: Tensor) -> Tensor:
        """Logits, float32 [B, N, V], from mel [B, M, F] and tokens [B, N]."""
        return cast(Tensor, self.decoder(tokens, self.encoder(mel)))


def initialise(model: Whisper, position_scale: float = 1.0) -> None:
    """Gaussian fan-in weights (paper, appendix F), zero biases, unit norms; draws from torch's generator.

    The last layer of each residual branch is scaled down by the root of the number of branches, and
    embeddings start at the width's root, so that the tied output layer begins with logits near zero.

    Args:
        model: changed in place.
        position_scale: amplitude of the encoder's sinusoids. A short-trained model hears better when they do
            not drown the convolutions' output; the released models have 1.
    """
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
        elif "_ln" in name or ".ln" in name:
            nn.init.ones_(parameter)
        elif "embedding" in name:
            nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5)
        else:
            gain = _STEM_GAIN if ".conv" in name else _GAIN
            nn.init.normal_(parameter, std=gain * parameter[0].numel() ** -0.5)
    _shrink_residuals(list(model.encoder.blocks), 2)
    _shrink_residuals(list(model.decoder.blocks), 3)
    model.encoder.positional_embedding.mul_(position_scale)


def load_weights(model: Whisper, tensors: Mapping[str, Tensor]) -> None:
    """Fill a model with the tensors of a checkpoint, half precision included.

    Raises:
        BadDataError: names or shapes are not the model's.
    """
    try:
        model.load_state_dict(dict(tensors))
    except RuntimeError as error:
        raise BadDataError(
            f"the weights do not fit the model: {error}; train again or choose its preset"
        ) from error


@torch.no_grad()
def _shrink_residuals(blocks: list[nn.Module], branches: int) -> None:
    scale = (branches * max(1, len(blocks))) ** -0.5
    for block in blocks:
        for name, parameter in block.named_parameters():
            if name.endswith(("out.weight", "mlp.2.weight")):
                parameter.mul_(scale)


def sinusoids(length: int, width: int, longest: float = 10_000.0) -> Tensor:
    """Fixed positions, float32 [length, width]: sines in the first half of the channels, then cosines.

    Raises:
        ValueError: the width is odd.
    """
    if width % 2:
        raise ValueError(f"the width of the encoder must be even, not {width}")
    step = math.log2(longest) / (width // 2 - 1)
    scales = torch.exp2(-step * torch.arange(width // 2))  # its bits do not depend on the processor's maker
    angles = torch.arange(length)[:, None] * scales
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def _causal_mask(queries: int, keys: int, device: torch.device) -> Tensor:
    """True where a query may look: the queries are the last of the keys' positions."""
    return torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)
