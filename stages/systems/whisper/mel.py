"""Audio to log-mel spectrogram, equal to the published front end.

Source: Radford et al. 2022, section 2.2 (80 channels, 25 ms windows, 10 ms stride, scaled to about [-1, 1]);
the constants that the paper leaves open are those of the released code. The filters follow M. Slaney,
"Auditory Toolbox", 1998: linear below 1 kHz, logarithmic above, each triangle of equal area. They are
computed here, so that no table has to be shipped.
"""

import functools

import numpy as np
import torch
from torch import Tensor

SAMPLE_RATE = 16_000  # Hz
N_FFT = 400  # samples: 25 ms
HOP = 160  # samples: 10 ms
FRAMES_PER_SECOND = SAMPLE_RATE // HOP

_FLOOR = 1e-10  # power; silence is log10 of this
SILENCE = -10.0  # log10 of the floor
_DYNAMIC_RANGE = 8.0  # in log10 of power, 80 dB: what is fainter than the loudest by more is cut off

_HZ_PER_MEL = 200.0 / 3  # below the knee
_KNEE_HZ = 1000.0
_KNEE_MEL = _KNEE_HZ / _HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0  # per mel above the knee


def _mel_to_hz(mel: np.ndarray) -> np.ndarray:
    above = _KNEE_HZ * np.exp(_LOG_STEP * (mel - _KNEE_MEL))
    return np.where(mel < _KNEE_MEL, mel * _HZ_PER_MEL, above)


@functools.lru_cache(maxsize=8)
def filter_bank(n_mels: int) -> Tensor:
    """Triangular filters from 0 to 8 kHz, area-normalised: float32 [n_mels, N_FFT // 2 + 1]."""
    highest = _KNEE_MEL + np.log(SAMPLE_RATE / 2 / _KNEE_HZ) / _LOG_STEP
    edges = _mel_to_hz(np.linspace(0.0, highest, n_mels + 2))
    bins = np.fft.rfftfreq(N_FFT, 1.0 / SAMPLE_RATE)
    ramps = edges[:, None] - bins[None, :]
    widths = np.diff(edges)[:, None]
    rising, falling = -ramps[:-2] / widths[:-1], ramps[2:] / widths[1:]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return torch.from_numpy((triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32))


def log10_mel(audio: Tensor, n_mels: int) -> Tensor:
    """Log10 of mel power, before the loudness of the whole input is taken into account.

    Args:
        audio: float [..., samples] at 16 kHz in [-1, 1]; more than half a window of samples.
        n_mels: number of filters.

    Returns:
        float32 [..., n_mels, samples // HOP].
    """
    power = _power(audio)[..., :-1]  # the released code drops the last frame
    mel = filter_bank(n_mels).to(audio.device) @ power
    return mel.clamp(min=_FLOOR).log10()


def _power(audio: Tensor) -> Tensor:
    """Power spectrum [..., N_FFT // 2 + 1, frames] of centred, reflected Hann windows."""
    window = torch.hann_window(N_FFT, device=audio.device)
    if audio.is_cuda:
        spectrum = torch.stft(audio, N_FFT, HOP, window=window, return_complex=True)
        return spectrum.real.square() + spectrum.imag.square()
    # NumPy's transform gives the same bits on every maker's processor; the one that torch calls does not
    pad = N_FFT // 2
    padded = np.pad(audio.numpy(), [(0, 0)] * (audio.ndim - 1) + [(pad, pad)], mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT, axis=-1)[..., ::HOP, :]
    transform = np.fft.rfft(frames * window.numpy())
    return torch.from_numpy(np.moveaxis(transform.real**2 + transform.imag**2, -1, -2).astype(np.float32))


def normalise(log10: Tensor) -> Tensor:
    """Cut off what is 80 dB below the loudest of each [n_mels, frames] input, and scale to about [-1, 1]."""
    loudest = log10.amax(dim=(-2, -1), keepdim=True)
    return (torch.maximum(log10, loudest - _DYNAMIC_RANGE) + 4.0) / 4.0


def log_mel(audio: Tensor, n_mels: int) -> Tensor:
    """The model's input: float32 [..., n_mels, samples // HOP] from audio [..., samples] at 16 kHz."""
    return normalise(log10_mel(audio, n_mels))


def fit(audio: Tensor, samples: int) -> Tensor:
    """Pad with silence or cut the last dimension to `samples`."""
    missing = samples - audio.shape[-1]
    return torch.nn.functional.pad(audio, (0, missing)) if missing > 0 else audio[..., :samples]
