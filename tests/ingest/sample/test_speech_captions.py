import av
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from stages.ingest.sample.sounds import opus
from stages.ingest.sample.speech_captions import Caption, choose, is_fit, read_captions


def record(path, seconds=1.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(int(44_100 * seconds)) / 44_100)
    soundfile.write(path, tone, 44_100, format="OGG", subtype="VORBIS")


@pytest.fixture
def stamps(tmp_path):
    (tmp_path / "food").mkdir()
    (tmp_path / "food/kiwi.txt").write_text(
        "A kiwifruit.\nfr.utf8=Un kiwi.\nca@valencia.utf8=Un altre.\n"
        "ca.utf8=Un kiwi.\nes.utf8=\nde.utf8=Eine Kiwi.\n"
    )
    for language in ("fr", "ca", "es", "de"):
        record(tmp_path / f"food/kiwi_desc_{language}.ogg")
    (tmp_path / "food/empty.txt").write_text("")
    return tmp_path


def test_a_caption_needs_a_text_and_a_recording_in_its_language(stamps):
    found = [(caption.language, caption.text, caption.english) for caption in read_captions(stamps)]
    assert found == [("ca", "Un kiwi.", "A kiwifruit."), ("fr", "Un kiwi.", "A kiwifruit.")]


@pytest.mark.parametrize(
    ("language", "text", "fit"),
    [
        ("fr", "Un kiwi bien mûr.", True),
        ("fr", "Un.", False),  # three characters in a second: too slow
        ("fr", "Un kiwi bien mûr, une poire et une pomme.", False),  # forty: nobody speaks so fast
        ("ca", "Un kiwi ben madur, una pera i una poma de mes.", True),  # kept as it comes
    ],
)
def test_pace_decides_except_where_mismatch_is_wanted(tmp_path, language, text, fit):
    path = tmp_path / "a.ogg"
    record(path)
    assert is_fit(Caption("food", path, language, text, "A kiwi.")) is fit


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("uvwxyz")), max_size=30), st.integers(0, 12)
)
def test_the_choice_is_bounded_distinct_and_independent_of_order(pairs, number):
    from pathlib import Path

    captions = [
        Caption(category, Path(f"{category}/{index}_desc_fr.ogg"), "fr", text, text)
        for index, (category, text) in enumerate(pairs)
    ]
    chosen = choose(captions, number)
    assert chosen == choose(captions[::-1], number)
    assert len({caption.english for caption in chosen}) == len(chosen)
    assert len(chosen) <= min(number, len({text for _, text in pairs}))


def test_opus_is_16_khz_mono_short_and_the_same_each_time(tmp_path):
    path = tmp_path / "a.ogg"
    record(path, seconds=2.0)
    content = opus(path)
    assert content == opus(path)
    assert len(content) < 8_000
    (tmp_path / "a.opus").write_bytes(content)
    with av.open(str(tmp_path / "a.opus")) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.channels) == ("opus", 1)
    assert soundfile.info(tmp_path / "a.opus").duration == pytest.approx(2.0, abs=0.05)


def test_a_jump_in_the_times_of_the_source_leaves_no_gap(tmp_path):
    path = tmp_path / "gap.mkv"
    with av.open(str(path), "w") as target:
        stream = target.add_stream("flac", rate=16_000, layout="mono")
        for index in range(12):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 4_000), np.int16), format="s16", layout="mono")
            frame.rate, frame.pts = 16_000, index * 4_000 + (163 if index > 5 else 0)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    (tmp_path / "gap.opus").write_bytes(opus(path))
    assert soundfile.info(tmp_path / "gap.opus").duration == pytest.approx(3.0, abs=0.005)
