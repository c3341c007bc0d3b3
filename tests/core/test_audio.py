"""Each codec decodes to the tone that went in; what is cut, damaged or too long is named."""

import io
from collections.abc import Callable

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.audio import SAMPLE_RATE, Waveform, decode, encode_flac, resample, to_pcm
from stages.core.safety import BadItemError

SECONDS = 1.5
HERTZ = 440.0


def tone(rate: int = SAMPLE_RATE, channels: int = 1) -> Waveform:
    wave = 0.3 * np.sin(2 * np.pi * HERTZ * np.arange(int(SECONDS * rate)) / rate)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def written(form: str, subtype: str, rate: int = SAMPLE_RATE, channels: int = 1) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, tone(rate, channels), rate, format=form, subtype=subtype)
    return file.getvalue()


def g722() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="g722") as container:
        stream = container.add_stream("g722", rate=SAMPLE_RATE)
        stream.layout = "mono"
        pcm = to_pcm(tone()[:, 0])
        for start in range(0, len(pcm) - 319, 320):
            frame = av.AudioFrame.from_ndarray(pcm[None, start : start + 320], format="s16", layout="mono")
            frame.sample_rate = SAMPLE_RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


CODECS: dict[str, tuple[Callable[[], bytes], str]] = {
    "flac": (lambda: written("FLAC", "PCM_16"), ""),
    "flac 24 bit stereo 48 kHz": (lambda: written("FLAC", "PCM_24", 48_000, 2), ""),
    "wav": (lambda: written("WAV", "PCM_16", 44_100, 2), ""),
    "wav float": (lambda: written("WAV", "FLOAT", 8_000), ""),
    "vorbis": (lambda: written("OGG", "VORBIS", 44_100), ""),
    "opus": (lambda: written("OGG", "OPUS", 48_000), ""),
    "sphere": (lambda: written("NIST", "PCM_16", 16_000), ".sph"),
    "mp3": (lambda: written("MP3", "MPEG_LAYER_III", 44_100, 2), ""),
    "g722": (g722, ".g722"),
    "gsm": (lambda: written("RAW", "GSM610", 8_000), ".gsm"),
}


@pytest.mark.parametrize("name", CODECS)
def test_each_codec_gives_back_the_tone(name: str) -> None:
    make, suffix = CODECS[name]
    wave = decode(make(), suffix)
    assert wave.dtype == np.float32
    assert len(wave) / SAMPLE_RATE == pytest.approx(SECONDS, abs=0.06)
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
    assert spectrum.argmax() * SAMPLE_RATE / len(wave) == pytest.approx(HERTZ, abs=2.0)
    assert np.sqrt(np.mean(wave**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize("name", [name for name in CODECS if name != "g722"])  # a G.722 stream has no end
@pytest.mark.parametrize("part", [0.5, 0.999])
def test_a_truncated_file_is_named_and_never_shortened_in_silence(name: str, part: float) -> None:
    make, suffix = CODECS[name]
    content = make()
    with pytest.raises(BadItemError, match=r"truncated|bad_audio") as caught:
        decode(content[: int(len(content) * part)], suffix)
    assert caught.value.kind == "permanent"


@pytest.mark.parametrize("name", CODECS)
def test_a_long_recording_is_set_aside(name: str) -> None:
    make, suffix = CODECS[name]
    with pytest.raises(BadItemError, match="too_long"):
        decode(make(), suffix, max_seconds=1.0)


@pytest.mark.parametrize("content", [b"", b"x", b"<html>", b"\x00" * 100, b"GIF89a" + b"\x00" * 50])
def test_what_is_no_audio_is_named(content: bytes) -> None:
    with pytest.raises(BadItemError, match="unknown_format"):
        decode(content)


def test_a_file_without_samples_or_with_impossible_ones_is_named() -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(0, np.float32), SAMPLE_RATE, format="WAV", subtype="FLOAT")
    with pytest.raises(BadItemError, match="empty_audio"):
        decode(file.getvalue())
    file = io.BytesIO()
    soundfile.write(file, np.full(800, np.nan, np.float32), SAMPLE_RATE, format="WAV", subtype="FLOAT")
    with pytest.raises(BadItemError, match="bad_audio"):
        decode(file.getvalue())


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(CODECS)), st.data())
def test_damage_is_an_error_of_the_item_and_nothing_else(name: str, data: st.DataObject) -> None:
    make, suffix = CODECS[name]
    content = bytearray(make())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        wave = decode(bytes(content), suffix, max_seconds=60.0)
    except BadItemError:
        return
    assert wave.ndim == 1
    assert np.isfinite(wave).all()


def test_a_streamed_wav_of_unknown_length_is_whole() -> None:
    content = bytearray(written("WAV", "PCM_16"))
    position = content.find(b"data") + 4
    content[position : position + 4] = b"\xff\xff\xff\xff"
    content[4:8] = b"\xff\xff\xff\xff"
    assert len(decode(bytes(content))) == SECONDS * SAMPLE_RATE


def test_sixteen_bits_at_sixteen_kilohertz_come_back_unchanged() -> None:
    pcm = np.random.default_rng(0).integers(-32_768, 32_768, 16_000).astype(np.int16)
    wave = (pcm / np.float32(32_768)).astype(np.float32)
    assert np.array_equal(to_pcm(wave), pcm)
    assert np.array_equal(to_pcm(decode(encode_flac(wave))), pcm)


def test_flac_is_the_same_bytes_each_time() -> None:
    wave = tone()[:, 0]
    assert encode_flac(wave) == encode_flac(wave.copy())
    info = soundfile.info(io.BytesIO(encode_flac(wave)))
    assert (info.samplerate, info.channels, info.subtype) == (16_000, 1, "PCM_16")


def test_what_is_too_loud_is_clipped_and_does_not_wrap() -> None:
    assert to_pcm(np.array([2.0, -2.0, 1.0], np.float32)).tolist() == [32_767, -32_768, 32_767]


@given(st.integers(1, 2000), st.sampled_from([8_000, 11_025, 22_050, 44_100, 48_000]))
def test_resampling_keeps_the_duration(length: int, rate: int) -> None:
    expected = length * SAMPLE_RATE / rate
    try:
        wave = resample(np.ones(length, np.float32), rate)
    except BadItemError:
        assert expected < 1
        return
    assert abs(len(wave) - expected) <= 1


def test_sphere_that_is_compressed_by_shorten_is_named() -> None:
    """libsndfile does not decode it, and nothing here pretends to."""
    content = written("NIST", "PCM_16", 16_000).replace(b"-s3 pcm", b"-s26 pcm,embedded-shorten-v2.00")
    with pytest.raises(BadItemError, match="bad_audio"):
        decode(content, ".sph")
