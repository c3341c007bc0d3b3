"""Long recordings give the published segments, words and files; bad input gives one clear message."""

import dataclasses
import json
import subprocess
import sys
import wave

import numpy as np
import pytest
import torch

from stages.core.errors import BadConfigError, BadDataError
from stages.systems.whisper.tokenizer import Tokenizer
from stages.systems.whisper.transcription.alignment import median_filter, warp
from stages.systems.whisper.transcription.hallucination import after_silence, is_anomalous
from stages.systems.whisper.transcription.longform import Listener, LongForm
from stages.systems.whisper.transcription.media import read_media
from stages.systems.whisper.transcription.result import Segment, Transcription, Word
from stages.systems.whisper.transcription.settings import Settings
from stages.systems.whisper.transcription.words import align
from stages.systems.whisper.transcription.writers import WRITERS, Layout, make_cues
from tests.systems.whisper import golden

PUBLISHED = golden.read("transcribe")
TOKENIZER = Tokenizer.published(51_865)
CASES = {
    "plain": {},
    "no_condition": {"condition": False},
    "beam2": {"beam_size": 2},
    "words": {"words": True},
    "clips": {"clips": ((5.0, 20.0), (40.0, 55.0))},
}


@pytest.fixture(scope="module")
def listener():
    return Listener.of(golden.model(), TOKENIZER)


@pytest.fixture(scope="module")
def sound():
    return golden.signal(75, seed=777).numpy()


@pytest.mark.parametrize("name", CASES)
def test_segments_and_words_are_the_published_ones(listener, sound, name):
    given = {"beam_size": None, "best_of": None, "temperatures": (0.0,), "most_tokens": 40, "language": "en"}
    found = LongForm(listener, sound, Settings(**(given | CASES[name]))).run()
    assert found.text == PUBLISHED[name]["text"]
    for ours, theirs in zip(found.segments, PUBLISHED[name]["segments"], strict=True):
        assert (ours.seek, list(ours.tokens), ours.text) == (theirs["seek"], theirs["tokens"], theirs["text"])
        assert (ours.start, ours.end) == pytest.approx((theirs["start"], theirs["end"]))
        assert ours.average == pytest.approx(theirs["avg_logprob"], abs=1e-4)
        words = [[word.text, word.start, word.end] for word in ours.words]
        assert words == [[word["word"], word["start"], word["end"]] for word in theirs.get("words", [])]


def test_words_are_aligned_as_published(listener):
    text = TOKENIZER.encode(" The quick brown fox jumps, over the lazy dog.")
    found = align(
        listener.model, TOKENIZER, text, golden.windows()[1], 3000,
        language="en", task="transcribe", heads=listener.heads,
    )  # fmt: skip
    theirs = golden.read("alignment")
    assert [word.text for word in found] == [word["word"] for word in theirs]
    assert [word.start for word in found] == pytest.approx([word["start"] for word in theirs])
    assert [word.probability for word in found] == pytest.approx(
        [word["probability"] for word in theirs], rel=1e-2
    )


def test_warping_and_filtering_are_the_published_ones():
    values = golden.arrays("dtw")
    rows, columns = warp(values["x"].astype(np.float32))
    assert np.array_equal(rows, values["ti"])
    assert np.array_equal(columns, values["tj"])
    filtered = median_filter(torch.from_numpy(values["mf_in"]), 7)
    assert np.allclose(filtered.numpy(), values["mf_out"])


LAYOUTS = {
    "default": Layout(),
    "hl": Layout(highlight=True),
    "w12": Layout(line_width=12),
    "w12c2": Layout(line_width=12, line_count=2),
    "wpl3": Layout(words_per_line=3),
    "nowords": Layout(),
}


def transcription(facts, *, words=True):
    segments = [
        Segment(
            each["seek"], each["start"], each["end"], (), each["text"], 0.0, 0.0, 0.0, 0.0,
            [Word(w["word"], [], w["start"], w["end"], w["probability"]) for w in each["words"] if words],
        )
        for each in facts["segments"]
    ]  # fmt: skip
    return Transcription(facts["text"], tuple(segments), facts["language"])


@pytest.mark.parametrize("name", [name for name in golden.read("writers")["outputs"] if "json" not in name])
def test_files_are_the_published_ones(name):
    facts = golden.read("writers")
    format_, layout = name.split("/")
    found = transcription(facts["result"], words=layout != "nowords")
    assert WRITERS[format_](found, LAYOUTS[layout]) == facts["outputs"][name]


def test_json_holds_everything():
    found = transcription(golden.read("writers")["result"])
    content = json.loads(WRITERS["json"](found, Layout()))
    assert [segment["id"] for segment in content["segments"]] == [0, 1]
    assert content["segments"][0]["words"][1] == {
        "word": " world.",
        "start": 0.9,
        "end": 2.5,
        "probability": 0.8,
    }


def test_every_word_is_in_one_cue():
    found = transcription(golden.read("writers")["result"])
    for layout in LAYOUTS.values():
        if not layout.highlight:
            text = " ".join(cue.text for cue in make_cues(found, layout))
            assert sorted(text.split()) == sorted(
                word.text.strip() for segment in found.segments for word in segment.words
            )


def segment(start, end, probability=0.9, word=0.3):
    words = [Word(" a", [1], start, start + word, probability), Word(" b", [2], end - word, end, probability)]
    return Segment(0, start, end, (1, 2), " a b", 0.0, 0.0, 0.0, 0.0, words)


def test_words_unlike_speech_in_silence_are_skipped():
    likely, unlikely = segment(1.0, 3.0), segment(12.0, 13.0, probability=0.01, word=0.02)
    assert not is_anomalous(likely)
    assert is_anomalous(unlikely)
    after, kept = after_silence(
        [likely, unlikely, segment(20.0, 22.0)], 0, 3000, 6000, 3000,
        closed=True, frames=3000, last_speech=0.0, threshold=2.0,
    )  # fmt: skip
    assert kept == [likely]
    assert after == 1200


def write_wav(path, samples, rate=16_000):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32_767).astype(np.int16).tobytes())


def test_media_are_read_at_the_models_rate(tmp_path):
    time = np.arange(44_100) / 44_100
    write_wav(tmp_path / "tone.wav", 0.5 * np.sin(2 * np.pi * 440 * time), 44_100)
    found = read_media(tmp_path / "tone.wav", 60)
    assert abs(len(found) - 16_000) < 100
    assert np.abs(found).max() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "cannot be decoded"), (b"no sound at all" * 100, "cannot be decoded"), (None, "not found")],
)
def test_what_is_no_sound_is_named(tmp_path, content, message):
    path = tmp_path / "speech.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadDataError, match=rf"speech\.wav: {message}"):
        read_media(path, 60)


def test_no_samples_and_too_many_are_refused(tmp_path):
    write_wav(tmp_path / "empty.wav", np.zeros(0))
    write_wav(tmp_path / "long.wav", np.zeros(32_000))
    with pytest.raises(BadDataError, match=r"empty\.wav"):
        read_media(tmp_path / "empty.wav", 60)
    with pytest.raises(BadDataError, match=r"long\.wav: longer than .*--longest"):
        read_media(tmp_path / "long.wav", 1)


@pytest.mark.parametrize(
    "wrong", [{"temperatures": ()}, {"hallucination_silence": 2.0}, {"clips": ((3.0, 1.0),)}]
)
def test_settings_that_cannot_work_are_refused(wrong):
    with pytest.raises(BadConfigError):
        Settings(**wrong)


@pytest.mark.end_to_end
def test_the_command_line_writes_subtitles_of_a_file_and_of_standard_input(tmp_path):
    write_wav(tmp_path / "talk.wav", golden.signal(3).numpy())
    model = tmp_path / "model.pt"
    dims = {
        name: value for name, value in dataclasses.asdict(golden.model().dims).items() if name != "strides"
    }
    torch.save({"dims": dims, "model_state_dict": golden.model().state_dict()}, model)  # noqa: TID251
    command = [sys.executable, "-m", "stages.systems.whisper", "transcribe", "--model", model]
    command += [
        "--language",
        "en",
        "--no-fallback",
        "--beam-size",
        "0",
        "--formats",
        "srt,json",
    ]
    command += ["--into", tmp_path]
    subprocess.run([*command, tmp_path / "talk.wav"], check=True, capture_output=True)
    with (tmp_path / "talk.wav").open("rb") as sound:
        subprocess.run([*command, "-"], check=True, stdin=sound, capture_output=True)
    assert (tmp_path / "talk.srt").read_text() == (tmp_path / "stdin.srt").read_text()
    assert json.loads((tmp_path / "talk.json").read_text())["language"] == "en"
    wrong = subprocess.run(
        [*command, "--language", "xx", tmp_path / "talk.wav"], capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 65
    assert "language 'xx'" in wrong.stderr
