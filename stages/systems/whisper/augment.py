"""Augmentation of log-mel excerpts: tempo, voice, level, noise and SpecAugment's masks.

All of it acts on the spectrogram, so that no Fourier transform is computed in training. The published
large-v2 used SpecAugment alone (D. S. Park et al., "SpecAugment", 2019); a corpus of five voices needs more.
Its time warp is left out: the tempo changes here.
"""

import numpy as np
from pydantic import Field

from stages.core.params import Params
from stages.systems.whisper.corpus import Spectrogram

_NOISE_SHAPE = 2.0  # of the gamma distribution of a mel channel's noise power: about two bins each


class Augment(Params):
    """Ranges of the draws: `systems.whisper.augment` in params.yaml.

    Attributes:
        tempo: lowest and highest speed, 1 being the recording's.
        warp: the mel axis is stretched by up to this fraction, like a longer or shorter vocal tract.
        gain: decibels up or down.
        noise: probability of white noise.
        noise_range: its level in decibels below the loudest frame.
        time_mask: longest masked stretch, in frames.
        mel_mask: widest masked band, in channels.
    """

    tempo: tuple[float, float] = (0.87, 1.15)
    warp: float = Field(default=0.1, ge=0, lt=0.5)
    gain: float = Field(default=6.0, ge=0)
    noise: float = Field(default=0.5, ge=0, le=1)
    noise_range: tuple[float, float] = (20.0, 60.0)
    time_mask: int = Field(default=20, ge=0)
    mel_mask: int = Field(default=12, ge=0)


def augment(mel: Spectrogram, limits: Augment, longest: int, random: np.random.Generator) -> Spectrogram:
    """Another recording of the same words.

    Args:
        mel: log10 of mel power, [channels, frames].
        limits: ranges of the draws.
        longest: frames that the result may have.
        random: the draws.

    Returns:
        log10 of mel power, float32 [channels, frames / tempo].
    """
    tempo = random.uniform(*limits.tempo)
    frames = min(longest, max(1, round(mel.shape[1] / tempo)))
    result = stretch(mel, frames, 1.0 + random.uniform(-limits.warp, limits.warp))
    result += random.uniform(-limits.gain, limits.gain) / 10
    if random.random() < limits.noise:
        result = add_noise(result, random.uniform(*limits.noise_range), random)
    return mask(result, limits, random)


def stretch(mel: Spectrogram, frames: int, warp: float) -> Spectrogram:
    """Resample [channels, F] to [channels, frames] in time, and scale the mel axis by `warp`; bilinear."""
    channels, length = mel.shape
    columns = np.linspace(0, length - 1, frames)
    rows = np.clip(np.arange(channels) * warp, 0, channels - 1)
    return _interpolate(_interpolate(mel, columns, 1), rows, 0)


def _interpolate(values: Spectrogram, positions: np.ndarray, axis: int) -> Spectrogram:
    low = positions.astype(np.int64)
    high = np.minimum(low + 1, values.shape[axis] - 1)
    share = (positions - low).astype(np.float32)
    share = share[None, :] if axis else share[:, None]
    below, above = values.take(low, axis), values.take(high, axis)
    mixed: Spectrogram = below + (above - below) * share
    return mixed


def add_noise(mel: Spectrogram, below: float, random: np.random.Generator) -> Spectrogram:
    """Add white noise `below` decibels under the loudest value; equal-area filters make it flat in mel."""
    level = 10.0 ** (float(mel.max()) - below / 10)
    noise = random.standard_gamma(_NOISE_SHAPE, mel.shape, dtype=np.float32) * np.float32(
        level / _NOISE_SHAPE
    )
    mixed: Spectrogram = np.log10(np.power(np.float32(10), mel) + noise)
    return mixed


def mask(mel: Spectrogram, limits: Augment, random: np.random.Generator) -> Spectrogram:
    """Hide one stretch of time and one band behind the excerpt's mean, a fifth of the time at most."""
    channels, frames = mel.shape
    width = int(random.integers(min(limits.time_mask, frames // 5) + 1))
    height = int(random.integers(min(limits.mel_mask, channels // 2) + 1))
    left, low = int(random.integers(frames - width + 1)), int(random.integers(channels - height + 1))
    fill = mel.mean()
    masked = mel.copy()
    masked[:, left : left + width] = fill
    masked[low : low + height] = fill
    return masked
