"""Audio of many codecs to 16 kHz mono, and back to FLAC that is the same bytes on every machine.

Formats are recognised by their first bytes; the two that have no header (G.722, GSM 06.10) by the extension.
Anything else is set aside: fewer decoders, fewer surprises.
"""

import io
import struct

import numpy as np
import numpy.typing as npt

from stages.core.safety import BadItemError

Waveform = npt.NDArray[np.float32]  # [samples], mono, full scale at +-1

SAMPLE_RATE = 16_000  # Hz
WINDOW_SECONDS = 30.0  # the longest sample, as in the Whisper paper, section 2.1

_BLOCK_FRAMES = 1 << 16
_MOST_CHANNELS = 8
_RATES = range(4_000, 192_001)  # Hz
_PCM_SCALE = 32_768.0
_RAW_FORMATS = {".g722": "g722", ".gsm": "gsm"}
_BY_AV = ("g722", "gsm", "mp3")
_GSM_FRAME = 33  # bytes: 160 samples at 8 kHz
_OGG_HEADER = 27  # bytes before the table of segment lengths, RFC 3533
_OGG_LAST_PAGE = 0x04
_XING_WITHIN = 8192  # bytes: an MP3 frame, and a common ID3 tag before it
_XING_FRAMES, _XING_BYTES = 0x01, 0x02  # flags: which counts the header has
_SPHERE = b"NIST_1A\n"
_SPHERE_HEADER = 1024  # bytes, those of its own length included
_UNKNOWN_SIZES = (0, 0xFFFFFFFF)  # of a WAV that was streamed while it grew


def decode(content: bytes, suffix: str = "", max_seconds: float = 3600.0) -> Waveform:
    """Decode FLAC, WAV, Ogg Vorbis, Opus, MP3, NIST SPHERE, G.722 or GSM to mono float32 at 16 kHz.

    Args:
        content: the whole file.
        suffix: its extension with the dot, which decides for formats without a header.
        max_seconds: a longer recording is set aside before it is decoded.

    Raises:
        BadItemError: unknown format, truncated, damaged, silent of samples, or out of bounds.
    """
    name = _RAW_FORMATS.get(suffix.lower()) or _recognise(content)
    if not _is_whole(content, name):
        raise BadItemError("truncated", "the file ends before its content does")
    decoder = _decode_by_av if name in _BY_AV else _decode_by_soundfile
    wave, rate = decoder(content, name, max_seconds)
    if len(wave) == 0:
        raise BadItemError("empty_audio", "no samples")
    if not np.isfinite(wave).all():
        raise BadItemError("bad_audio", "samples that are no numbers")
    return resample(wave, rate)


def resample(wave: Waveform, rate: int) -> Waveform:
    """Bring a mono waveform from `rate` Hz to 16 kHz by soxr at high quality."""
    if rate == SAMPLE_RATE:
        return wave
    import soxr  # noqa: PLC0415 - loaded where it is used

    resampled: Waveform = soxr.resample(wave, rate, SAMPLE_RATE, quality="HQ").astype(np.float32, copy=False)
    if len(resampled) == 0:
        raise BadItemError("empty_audio", "no samples")
    return resampled


def to_pcm(wave: Waveform) -> npt.NDArray[np.int16]:
    """Round to 16 bits; what was 16-bit at 16 kHz comes back unchanged."""
    pcm: npt.NDArray[np.int16] = np.clip(np.rint(wave * _PCM_SCALE), -32_768, 32_767).astype(np.int16)
    return pcm


def encode_flac(wave: Waveform) -> bytes:
    """16 kHz mono PCM-16 FLAC at level 0: fixed predictors, hence integer arithmetic and stable bytes."""
    import soundfile  # noqa: PLC0415 - loaded where it is used

    file = io.BytesIO()
    soundfile.write(file, to_pcm(wave), SAMPLE_RATE, format="FLAC", subtype="PCM_16", compression_level=0.0)
    return file.getvalue()


def _decode_by_soundfile(content: bytes, _name: str, max_seconds: float) -> tuple[Waveform, int]:
    import soundfile  # noqa: PLC0415 - loaded where it is used

    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            _check_bounds(file.frames, file.samplerate, file.channels, max_seconds)
            blocks = file.blocks(_BLOCK_FRAMES, dtype="float32", always_2d=True)
            parts = [_mono(block) for block in blocks]
            if sum(map(len, parts)) < file.frames:
                raise BadItemError("truncated", "fewer samples than the header says")
            return np.concatenate(parts or [np.zeros(0, np.float32)]), file.samplerate
    except (soundfile.SoundFileError, RuntimeError, ValueError) as error:
        raise BadItemError("bad_audio", str(error)) from error


def _mono(block: npt.NDArray[np.float32]) -> Waveform:
    """The mean of the channels [samples, channels]; of a single one that is itself, at no cost."""
    return block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float32)


def _decode_by_av(content: bytes, name: str, max_seconds: float) -> tuple[Waveform, int]:
    """FFmpeg's decoders: the headerless ones, and MP3, on which libsndfile's writes to stderr."""
    import av  # noqa: PLC0415 - loaded where it is used

    parts: list[Waveform] = []
    frames = 0
    try:
        with av.open(io.BytesIO(content), mode="r", format=name) as container:
            stream = container.streams.audio[0]
            for frame in container.decode(stream):
                samples = frame.to_ndarray().astype(np.float32)  # [channels, samples]
                full_scale = _PCM_SCALE if frame.format.name.startswith("s16") else 1.0
                parts.append(samples.mean(axis=0, dtype=np.float32) / np.float32(full_scale))
                frames += len(parts[-1])
                _check_bounds(frames, stream.rate, len(samples), max_seconds)
            rate = int(stream.rate)
    except (av.error.FFmpegError, ValueError, IndexError) as error:
        raise BadItemError("bad_audio", str(error)) from error
    return np.concatenate(parts or [np.zeros(0, np.float32)]), rate


def _check_bounds(frames: int, rate: int, channels: int, max_seconds: float) -> None:
    if rate not in _RATES or not 1 <= channels <= _MOST_CHANNELS:
        raise BadItemError("bad_audio", f"{channels} channels at {rate} Hz")
    if frames > max_seconds * rate:
        raise BadItemError("too_long", f"more than {max_seconds:g} s")


def _recognise(content: bytes) -> str:
    if content[:4] == b"OggS":
        return "ogg"
    if content[:4] in (b"RIFF", b"RIFX", b"RF64") and content[8:12] == b"WAVE":
        return "wav"
    if content[:4] == b"fLaC":
        return "flac"
    if content.startswith(_SPHERE):
        return "sphere"
    if content[:3] == b"ID3" or _is_mpeg(content):
        return "mp3"
    raise BadItemError("unknown_format", f"first bytes {content[:4].hex(' ')}")


def _is_whole(content: bytes, name: str) -> bool:
    """Find the cuts that decoders pass over in silence. FLAC counts its samples; G.722 cannot tell."""
    match name:
        case "ogg":
            return _ogg_is_whole(content)
        case "wav":
            return _wav_is_whole(content)
        case "mp3":
            return _mp3_is_whole(content)
        case "sphere":
            return _sphere_is_whole(content)
        case "gsm":
            return len(content) % _GSM_FRAME == 0
        case _:
            return True


def _is_mpeg(content: bytes) -> bool:
    """Whether it starts with an MPEG audio frame: eleven set bits."""
    return len(content) > 1 and content[0] == 0xFF and content[1] & 0xE0 == 0xE0


def _ogg_is_whole(content: bytes) -> bool:
    """Whether the last page is complete and says that it is the last."""
    start = content.rfind(b"OggS")
    header = content[start : start + _OGG_HEADER]
    if len(header) < _OGG_HEADER:
        return False
    lengths = content[start + _OGG_HEADER : start + _OGG_HEADER + header[26]]
    end = start + _OGG_HEADER + header[26] + sum(lengths)
    return len(lengths) == header[26] and end <= len(content) and bool(header[5] & _OGG_LAST_PAGE)


def _wav_is_whole(content: bytes) -> bool:
    """Whether the data chunk is as long as it says."""
    order = ">" if content[:4] == b"RIFX" else "<"
    position = 12
    while position + 8 <= len(content):
        size = int(struct.unpack_from(order + "I", content, position + 4)[0])
        if content[position : position + 4] == b"data":
            return size in _UNKNOWN_SIZES or position + 8 + size <= len(content)
        position += 8 + size + size % 2
    return False


def _sphere_is_whole(content: bytes) -> bool:
    """Whether there are as many samples as the header counts; compressed ones nobody here decodes anyway."""
    fields = (line.split(maxsplit=2) for line in content[:_SPHERE_HEADER].splitlines())
    header = {field[0]: field[2] for field in fields if len(field) == 3}
    try:
        sizes = [int(header[name]) for name in (b"sample_count", b"sample_n_bytes", b"channel_count")]
        begin = int(content[len(_SPHERE) : len(_SPHERE) + 8])
    except (KeyError, ValueError):
        return True  # the decoder says better what is wrong
    compressed = b"," in header.get(b"sample_coding", b"")
    return compressed or begin + sizes[0] * sizes[1] * sizes[2] <= len(content)


def _mp3_is_whole(content: bytes) -> bool:
    """Whether the file is as long as its Xing header says; without one, nobody can tell."""
    start = max(content.find(tag, 0, _XING_WITHIN) for tag in (b"Xing", b"Info"))
    header = content[start : start + 16]
    if start < 0 or len(header) < 16:
        return True
    flags = header[7]
    if not flags & _XING_BYTES:
        return True
    offset = 12 if flags & _XING_FRAMES else 8
    return int.from_bytes(header[offset : offset + 4], "big") <= len(content)
