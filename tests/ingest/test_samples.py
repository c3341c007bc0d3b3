"""From bytes to samples: what is written, what stays, what is set aside."""

import io
from typing import Any

import numpy as np
import pytest
import soundfile

from stages.core.audio import encode_flac
from stages.core.records import Segment
from stages.core.safety import BadItemError
from stages.ingest.fetch import Fetched
from stages.ingest.items import Item
from stages.ingest.params import Bounds
from stages.ingest.samples import audio_samples, image_samples
from tests.ingest.material import flac_bytes, png_bytes

BOUNDS = Bounds(seconds=120.0, long_side=64)


def item(**facts: Any) -> Item:
    return Item(
        **{"key": "s-00000007", "source": "s", "text": "hello", "group": "hello", "licence": "MIT", **facts}
    )


def segment(start: float, end: float, text: str = "x") -> Segment:
    return Segment(start=start, end=end, text=text)


def silence(seconds: float) -> Fetched:
    return Fetched(encode_flac(np.zeros(int(seconds * 16_000), np.float32)), 1)


def test_an_image_keeps_its_bytes_and_its_facts() -> None:
    fetched = Fetched(png_bytes(), 1)
    (sample,) = image_samples(item(link="a.png", tags=("t",), split="style"), fetched, BOUNDS)
    assert sample.files["png"] == fetched.content
    record = sample.record
    assert (record.width, record.height, record.sha256) == (12, 8, fetched.sha256)
    assert (record.key, record.origin, record.tags, record.split) == ("s-00000007", "a.png", ("t",), "style")


def test_a_large_image_is_reduced() -> None:
    (sample,) = image_samples(item(), Fetched(png_bytes(size=(200, 100)), 1), BOUNDS)
    assert set(sample.files) == {"json", "jpg"}
    assert (sample.record.width, sample.record.height) == (64, 32)


def test_audio_becomes_sixteen_kilohertz_flac() -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros((44_100, 2)), 44_100, format="WAV")
    (sample,) = audio_samples(item(link="a.wav", speaker="ann"), Fetched(file.getvalue(), 1), BOUNDS)
    info = soundfile.info(io.BytesIO(sample.files["flac"]))
    assert (info.samplerate, info.channels, info.frames) == (16_000, 1, 16_000)
    assert (sample.record.duration, sample.record.speaker) == (1.0, "ann")


def test_segments_stay_if_they_fit() -> None:
    (sample,) = audio_samples(item(segments=(segment(0.0, 0.25),)), Fetched(flac_bytes(), 1), BOUNDS)
    assert sample.record.segments == (segment(0.0, 0.25),)
    (sample,) = audio_samples(item(segments=(segment(0.0, 2.5),)), Fetched(flac_bytes(), 1), BOUNDS)
    assert sample.record.segments == ()


def test_a_long_recording_is_cut_by_its_segments() -> None:
    segments = (segment(1, 20, "one"), segment(21, 30, "two"), segment(32, 50, "three"))
    first, second = audio_samples(item(segments=segments, translation="t"), silence(61), BOUNDS)
    assert (first.key, second.key) == ("s-00000007-0000", "s-00000007-0001")
    assert (first.record.text, second.record.text) == ("one two", "three")
    assert (first.record.duration, second.record.duration) == (30.0, 29.0)
    assert second.record.segments == (segment(0, 18, "three"),)
    assert first.record.translation is None
    assert first.record.group == second.record.group == "hello"


@pytest.mark.parametrize(
    ("segments", "reason"),
    [((), "long_without_timings"), ((segment(0, 31),), "no_usable_segment")],
)
def test_a_long_recording_that_cannot_be_cut_is_set_aside(segments: Any, reason: str) -> None:
    with pytest.raises(BadItemError, match=reason):
        audio_samples(item(segments=segments), silence(31), BOUNDS)


def test_thirty_seconds_are_one_sample() -> None:
    (sample,) = audio_samples(item(), silence(30), BOUNDS)
    assert sample.record.duration == 30.0
