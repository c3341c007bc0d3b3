"""The sizes: the published ones, and one that two CPU cores train in minutes.

Source: Radford et al. 2022, table 1, and the model cards of the later releases; names and order of the fields
are those of the released checkpoints, but for `strides`, which is (1, 2) in all of them.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from stages.systems.whisper.mel import FRAMES_PER_SECOND

PresetName = Literal[
    "sample",
    "tiny.en",
    "tiny",
    "base.en",
    "base",
    "small.en",
    "small",
    "medium.en",
    "medium",
    "large-v1",
    "large-v2",
    "large-v3",
    "large-v3-turbo",
]


@dataclass(frozen=True)
class Dimensions:
    """The shape of a model."""

    n_mels: int
    n_audio_ctx: int  # encoder positions
    n_audio_state: int
    n_audio_head: int
    n_audio_layer: int
    n_vocab: int
    n_text_ctx: int  # decoder positions
    n_text_state: int
    n_text_head: int
    n_text_layer: int
    strides: tuple[int, int] = (1, 2)  # of the two convolutions of the stem

    @property
    def frames(self) -> int:
        """Mel frames of a whole window."""
        return self.n_audio_ctx * self.strides[0] * self.strides[1]

    @property
    def seconds(self) -> float:
        """The window's length."""
        return self.frames / FRAMES_PER_SECOND

    def with_vocabulary(self, size: int) -> "Dimensions":
        """The same shape for a vocabulary of another size."""
        return replace(self, n_vocab=size)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Dimensions":
        """The shape in a config.json."""
        return cls(**{**content, "strides": tuple(content["strides"])})

    def to_json(self) -> dict[str, Any]:
        """As kept in config.json."""
        return asdict(self)


def _published(
    width: int,
    encoder_layers: int,
    decoder_layers: int,
    n_vocab: int = 51_865,
    n_mels: int = 80,
) -> Dimensions:
    heads = width // 64
    return Dimensions(n_mels, 1500, width, heads, encoder_layers, n_vocab, 448, width, heads, decoder_layers)


# The vocabulary of `sample` is learned from its transcripts, so its size follows from the data.
SAMPLE = Dimensions(
    n_mels=80,
    n_audio_ctx=45,  # 4.05 s at 11 positions a second
    n_audio_state=144,
    n_audio_head=4,
    n_audio_layer=3,
    n_vocab=0,
    n_text_ctx=64,
    n_text_state=144,
    n_text_head=4,
    n_text_layer=2,
    strides=(3, 3),
)

PRESETS: dict[PresetName, Dimensions] = {
    "sample": SAMPLE,
    "tiny.en": _published(384, 4, 4, 51_864),
    "tiny": _published(384, 4, 4),
    "base.en": _published(512, 6, 6, 51_864),
    "base": _published(512, 6, 6),
    "small.en": _published(768, 12, 12, 51_864),
    "small": _published(768, 12, 12),
    "medium.en": _published(1024, 24, 24, 51_864),
    "medium": _published(1024, 24, 24),
    "large-v1": _published(1280, 32, 32),
    "large-v2": _published(1280, 32, 32),
    "large-v3": _published(1280, 32, 32, 51_866, 128),
    "large-v3-turbo": _published(1280, 32, 4, 51_866, 128),
}
