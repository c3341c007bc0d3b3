"""What measures look at: a caption, a sound, a picture. What several measures need is worked out once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from PIL import Image

from stages.core.audio import SAMPLE_RATE

FULL_SCALE = 1 << 15  # of PCM-16
_FRAME = SAMPLE_RATE // 50  # samples in 20 ms

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Caption:
    """A caption or transcript.

    Attributes:
        text: any Unicode, lone surrogates included.
        language: BCP 47, as the corpus says.
    """

    text: str
    language: str

    @cached_property
    def words(self) -> list[str]:
        """What stands between spaces."""
        return self.text.split()

    @cached_property
    def solid(self) -> str:
        """All that is no space."""
        return "".join(self.words)


@dataclass(frozen=True)
class Sound:
    """A recording with its transcript.

    Attributes:
        samples: int16 [samples], 16 kHz mono, at least one.
        text: what is said in it.
    """

    samples: Samples
    text: str

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / SAMPLE_RATE

    @cached_property
    def energies(self) -> npt.NDArray[np.float64]:
        """Mean square of full scale in each whole frame of 20 ms, or in the one frame of a shorter sound."""
        size = min(len(self.samples), _FRAME)
        count = len(self.samples) // size
        frames = self.samples[: count * size].reshape(count, size).astype(np.int32)  # [frame, time]
        energies: npt.NDArray[np.float64] = np.square(frames).sum(axis=1, dtype=np.int64) / (
            size * FULL_SCALE**2
        )
        return energies


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Attributes:
        image: mode RGB, upright, its transparency on white.
    """

    image: Image.Image

    @cached_property
    def pixels(self) -> npt.NDArray[np.uint8]:
        """uint8 [height, width, RGB]."""
        return np.asarray(self.image)
