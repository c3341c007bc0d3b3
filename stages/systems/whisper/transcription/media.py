"""Sound of any audio or video file, or of standard input, as the model takes it: 16 kHz mono.

FFmpeg's libraries (PyAV) decode; nothing else of the container is looked at.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import av
import numpy as np

from stages.core.audio import SAMPLE_RATE, Waveform
from stages.core.errors import BadDataError

_FULL_SCALE = np.float32(32_768)


def read_media(source: Path | IO[bytes], longest: float) -> Waveform:
    """All sound of a file, float32 [samples] at 16 kHz.

    Args:
        source: a file, or an open stream such as standard input.
        longest: seconds; more is refused, since it would not fit the memory.

    Raises:
        BadDataError: it is missing, holds no sound, is damaged, or is too long.
    """
    parts, samples = [], 0
    for part in stream_media(source):
        samples += len(part)
        if samples > longest * SAMPLE_RATE:
            raise BadDataError(
                f"{_name(source)}: longer than {longest / 3600:g} h; cut it, or raise --longest"
            )
        parts.append(part)
    if not samples:
        raise BadDataError(f"{_name(source)}: its sound has no samples")
    return np.concatenate(parts)


def stream_media(source: Path | IO[bytes]) -> Iterator[Waveform]:
    """The sound of a file piece by piece, as it is decoded.

    Raises:
        BadDataError: it is missing, holds no sound, or is damaged from the start.
    """
    name = _name(source)
    try:
        with av.open(str(source) if isinstance(source, Path) else source, mode="r") as container:
            if not container.streams.audio:
                raise BadDataError(f"{name}: no audio stream")
            resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
            for frame in container.decode(container.streams.audio[0]):
                for piece in resampler.resample(frame):
                    yield piece.to_ndarray()[0].astype(np.float32) / _FULL_SCALE
            for piece in resampler.resample(None):
                yield piece.to_ndarray()[0].astype(np.float32) / _FULL_SCALE
    except FileNotFoundError as error:
        raise BadDataError(f"{name}: not found") from error
    except (av.error.FFmpegError, ValueError) as error:
        raise BadDataError(f"{name}: cannot be decoded ({error})") from error


def _name(source: Path | IO[bytes]) -> str:
    return str(source) if isinstance(source, Path) else "standard input"
