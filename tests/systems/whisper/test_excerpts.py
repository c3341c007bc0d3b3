"""Cut and joined strings are real sound with exact times, and never a reserved string."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.reader import Shards
from stages.core.reserved import is_reserved
from stages.systems.whisper.corpus import Corpus
from stages.systems.whisper.excerpts import Excerpts, Run


@pytest.fixture(scope="module")
def corpus(shards):
    return Corpus(Shards(shards / "speech").select(split="train", source="digits"), 80, longest=4.0)


@pytest.fixture(scope="module")
def excerpts(corpus):
    return Excerpts(corpus, is_reserved, longest=400)


def place(corpus, *wanted):
    texts = [(each.language, each.text) for each in corpus.utterances]
    return texts.index(wanted)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10**6), st.integers(1, 6), st.floats(0, 1), st.integers(0, 10**6))
def test_no_string_of_two_or_more_words_is_reserved(corpus, excerpts, index, words, joined, seed):
    found = excerpts.draw(index % len(corpus), words, joined, np.random.default_rng(seed))
    assert not is_reserved(found.language, found.text)
    assert 1 <= len(found.text.split()) <= words
    assert found.mel.shape[1] <= 400
    assert [each.text for each in found.segments] == found.text.split()


def test_strings_of_the_held_out_split_are_refused_too(corpus):
    singles_only = Excerpts(corpus, lambda language, text: True, longest=400)
    found = singles_only.draw(place(corpus, "en", "one two"), 2, 0.0, np.random.default_rng(0))
    assert len(found.text.split()) == 1


def test_a_cut_is_the_stretch_of_its_words(corpus, excerpts):
    index = place(corpus, "en", "one two three")
    whole, words = corpus.spectrogram(index), corpus.utterances[index].words
    found = excerpts.join([Run(index, 1, 2)])
    assert (found.text, found.english) == ("two three", "two three")
    assert np.array_equal(found.mel, whole[:, words[1].left :])
    assert found.segments[0].start == pytest.approx((words[1].start - words[1].left) / 100)


def test_consecutive_cuts_are_the_whole_again(corpus, excerpts):
    index = place(corpus, "fr", "un deux trois")
    found = excerpts.join([Run(index, 0, 0), Run(index, 1, 1), Run(index, 2, 2)])
    assert np.array_equal(found.mel, corpus.spectrogram(index))
    assert found.english == "one two three"
    times = [(each.start, each.end) for each in found.segments]
    assert times == [(word.start / 100, word.end / 100) for word in corpus.utterances[index].words]


def test_joined_words_sound_where_their_times_say(corpus, excerpts):
    one, two = place(corpus, "en", "one"), place(corpus, "en", "two")
    found = excerpts.join([Run(one, 0, 0), Run(two, 0, 0)])
    second = found.segments[1]
    middle = found.mel[:, round((second.start + second.end) * 50)]
    assert found.text == "one two"
    # "two" is a tone of 600 Hz: channel 16 of 80; "one" is one of 300 Hz: channel 7
    assert 14 <= int(middle.argmax()) <= 17


def test_runs_are_joined_within_a_voice(corpus, excerpts):
    for seed in range(30):
        found = excerpts.draw(place(corpus, "fr", "un"), 4, 1.0, np.random.default_rng(seed))
        assert set(found.text.split()) <= {"un", "deux", "trois"}


def test_utterances_without_times_are_taken_whole(shards):
    captions = Corpus(Shards(shards / "speech").select(source="captions"), 80, longest=4.0)
    found = Excerpts(captions, is_reserved, longest=400).draw(0, 1, 0.0, np.random.default_rng(0))
    assert (found.text, found.segments) == ("one two three", ())
    assert np.array_equal(found.mel, captions.spectrogram(0))


def test_samples_that_no_window_holds_are_left_out(shards):
    assert len(Corpus(Shards(shards / "speech"), 80, longest=0.5)) < len(Shards(shards / "speech"))
