"""The sequences follow the paper's grammar, and only what is to be predicted is learned."""

from hypothesis import given
from hypothesis import strategies as st

from stages.core.records import Segment
from stages.systems.whisper import targets
from stages.systems.whisper.targets import IGNORED
from stages.systems.whisper.tokenizer import Tokenizer

TOKENIZER = Tokenizer.train([" one two three"] * 4, ["en", "fr"], 280, 4.0)
SPECIAL = TOKENIZER.special
TEXT = TOKENIZER.encode(" one two")


def segments(*times):
    return [Segment(start=start, end=end, text="one two") for start, end in times]


def test_plain_text():
    target = targets.plain(TOKENIZER, "one two", "fr", "translate")
    head = (SPECIAL.start_of_transcript, SPECIAL.language("fr"), SPECIAL.translate, SPECIAL.no_timestamps)
    assert target.tokens == (*head, *TEXT, SPECIAL.end_of_text)
    assert target.given == 1


def test_timed_text():
    target = targets.timed(TOKENIZER, segments((0.1, 0.5), (0.52, 1.0)), "en", window=4.0)
    head = (SPECIAL.start_of_transcript, SPECIAL.language("en"), SPECIAL.transcribe)
    times = [SPECIAL.timestamp(seconds) for seconds in (0.1, 0.5, 0.52, 1.0)]
    body = (times[0], *TEXT, times[1], times[2], *TEXT, times[3])
    assert target.tokens == (*head, *body, SPECIAL.end_of_text)


def test_of_an_utterance_that_the_window_cuts_only_the_start_is_predicted():
    target = targets.timed(TOKENIZER, segments((0.0, 1.0), (3.5, 4.5), (4.2, 5.0)), "en", window=4.0)
    assert target.tokens[3:] == (
        SPECIAL.timestamp(0.0),
        *TEXT,
        SPECIAL.timestamp(1.0),
        SPECIAL.timestamp(3.5),
        SPECIAL.end_of_text,
    )


def test_silence():
    target = targets.silence(TOKENIZER)
    assert target.tokens == (SPECIAL.start_of_transcript, SPECIAL.no_speech, SPECIAL.end_of_text)


def test_previous_text_is_read_and_not_predicted():
    target = targets.plain(TOKENIZER, "one two", "en", previous="three")
    before = (SPECIAL.start_of_previous, *TOKENIZER.encode(" three"))
    assert target.tokens[: target.given] == (*before, SPECIAL.start_of_transcript)
    _, labels = targets.collate([target], SPECIAL.end_of_text)
    assert labels[0, : len(before)].tolist() == [IGNORED] * len(before)
    assert labels[0, len(before)] == SPECIAL.language("en")


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=5))
def test_labels_are_the_tokens_one_place_on(rows):
    batch = [
        targets.plain(TOKENIZER, " ".join(["one"] * count), "en", previous="two" if previous else None)
        for count, previous in rows
    ]
    tokens, labels = targets.collate(batch, SPECIAL.end_of_text)
    assert tokens.shape == labels.shape == (len(rows), max(len(each.tokens) for each in batch) - 1)
    for row, target in enumerate(batch):
        predicted = labels[row][labels[row] != IGNORED].tolist()
        assert predicted == list(target.tokens[target.given :])
        assert tokens[row, : len(target.tokens) - 1].tolist() == list(target.tokens[:-1])
