"""Times of single words, and the corrections that make them fit sentences and segments.

Source: the released code's word timestamps; its corrections of words that are too long are kept, since no
published model was measured without them. All times are in seconds.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from stages.systems.whisper.mel import FRAMES_PER_SECOND
from stages.systems.whisper.model import Whisper
from stages.systems.whisper.special import Task
from stages.systems.whisper.tokenizer import Tokenizer
from stages.systems.whisper.transcription.alignment import Heads, alignment_matrix, warp
from stages.systems.whisper.transcription.result import Segment, Word

OPENING = "\"'“¿([{-"  # joins the word after it
CLOSING = "\"'.。,，!！?？:：”)]}、"  # joins the word before it
_SENTENCE_ENDS = ".。!！?？"
_LONGEST_MEDIAN = 0.7  # of the words' lengths
_TOO_LONG = 2  # medians
_LONG_PAUSE = 4  # medians
_SLACK = 0.5  # by which a word may leave its segment before the segment is believed


@torch.inference_mode()
def align(
    model: Whisper,
    tokenizer: Tokenizer,
    text: Sequence[int],
    mel: Tensor,
    frames: int,
    *,
    language: str,
    task: Task,
    heads: Heads,
) -> list[Word]:
    """Times of the words of a window, from its start.

    Args:
        model: in evaluation mode.
        tokenizer: its vocabulary.
        text: ids without timestamps.
        mel: of the window, [M, F], padded to its whole length.
        frames: of it that lie within the recording.
        language: of the words.
        task: with which they were decoded.
        heads: that follow time.
    """
    special = tokenizer.special
    opening = special.opening(language, task)
    sequence = [*opening, special.no_timestamps, *text, special.end_of_text]
    tokens = torch.tensor([sequence], device=mel.device)
    audio = model.encoder(mel[None])
    attention = model.decoder.alignments(tokens, audio)[0]
    logits = model.decoder(tokens, audio)[0, len(opening) : len(opening) + len(text), : special.first]
    chosen = logits.softmax(dim=-1).gather(1, torch.tensor(text, device=mel.device)[:, None])[:, 0]
    words, groups = tokenizer.split_words([*text, special.end_of_text], language)
    if len(groups) <= 1:
        return []
    stride = model.dims.strides[0] * model.dims.strides[1]
    matrix = alignment_matrix(attention, heads, frames // stride)
    rows, columns = warp(-matrix[len(opening) : -1])
    begins = columns[np.flatnonzero(np.diff(rows, prepend=-1))] / (
        FRAMES_PER_SECOND / stride
    )  # of each token
    bounds = [0, *itertools.accumulate(len(group) for group in groups[:-1])]
    probabilities = chosen.cpu().numpy()
    return [
        Word(word, group, float(begins[first]), float(begins[last]), float(probabilities[first:last].mean()))
        for word, group, first, last in zip(words, groups, bounds, bounds[1:], strict=False)
    ]


def merge_punctuation(words: Sequence[Word]) -> None:
    """Give punctuation to the word that it belongs to; words that were taken in have no text any more."""
    following = len(words) - 1
    for index in range(len(words) - 2, -1, -1):
        word = words[index]
        if word.text.startswith(" ") and word.text.strip() in OPENING:
            _join(word, words[following], into=words[following])
        else:
            following = index
    before = 0
    for index in range(1, len(words)):
        if not words[before].text.endswith(" ") and words[index].text in CLOSING:
            _join(words[before], words[index], into=words[before])
        else:
            before = index


def _join(first: Word, second: Word, *, into: Word) -> None:
    text, tokens = first.text + second.text, [*first.tokens, *second.tokens]
    for word in (first, second):
        word.text, word.tokens = "", []
    into.text, into.tokens = text, tokens


def add_words(segments: Sequence[Segment], words: Sequence[Word], end: int, last_speech: float) -> None:
    """Spread the words of a window over its segments, and correct both where they disagree.

    Args:
        segments: of one window, changed in place.
        words: as `align` gives them, from the window's start; changed in place.
        end: the id after the text's ids.
        last_speech: when the last word before the window ended.
    """
    lengths = [word.end - word.start for word in words if word.end > word.start]
    median = min(_LONGEST_MEDIAN, float(np.median(lengths)) if lengths else 0.0)
    _shorten_at_sentence_ends(words, _TOO_LONG * median)
    merge_punctuation(words)
    offset = segments[0].seek / FRAMES_PER_SECOND
    remaining = iter(words)
    for segment in segments:
        wanted = sum(token < end for token in segment.tokens)
        taken: list[Word] = []
        while wanted > 0 and (word := next(remaining, None)):
            wanted -= len(word.tokens)
            if word.text:
                word.start, word.end = round(offset + word.start, 2), round(offset + word.end, 2)
                taken.append(word)
        if taken:
            _shorten_after_pause(taken, median, last_speech)
            _fit(segment, taken, median)
            last_speech = segment.end
        segment.words = taken


def _shorten_at_sentence_ends(words: Sequence[Word], longest: float) -> None:
    """A pause between sentences belongs to neither of the words beside it."""
    for before, word in itertools.pairwise(words):
        if word.end - word.start <= longest:
            continue
        if word.text in _SENTENCE_ENDS:
            word.end = word.start + longest
        elif before.text in _SENTENCE_ENDS:
            word.start = word.end - longest


def _shorten_after_pause(words: Sequence[Word], median: float, last_speech: float) -> None:
    """The first words after a long pause have not begun when it began."""
    first, longest = words[0], _TOO_LONG * median
    second = words[1] if len(words) > 1 else None
    if first.end - last_speech <= _LONG_PAUSE * median:
        return
    if not (first.end - first.start > longest or (second and second.end - first.start > 2 * longest)):
        return
    if second and second.end - second.start > longest:
        first.end = second.start = max(second.end / 2, second.end - longest)
    first.start = max(0.0, first.end - longest)


def _fit(segment: Segment, words: Sequence[Word], median: float) -> None:
    """Believe the segment's own time where the word beside it is far too long, else the word's."""
    first, last = words[0], words[-1]
    if segment.start < first.end and segment.start - _SLACK > first.start:
        first.start = max(0.0, min(first.end - median, segment.start))
    else:
        segment.start = first.start
    if segment.end > last.start and segment.end + _SLACK < last.end:
        last.end = max(last.start + median, segment.end)
    else:
        segment.end = last.end
