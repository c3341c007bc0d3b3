"""A window's tokens to segments, and how far the recording is done with them.

Source: the released code. If the window holds complete pairs of timestamps, the next one begins at the last
of them, so that speech cut by the window's end is heard again whole.
"""

from typing import NamedTuple

from stages.systems.whisper.decoding import Decoded
from stages.systems.whisper.mel import FRAMES_PER_SECOND
from stages.systems.whisper.tokenizer import Tokenizer
from stages.systems.whisper.transcription.result import Segment


class Cut(NamedTuple):
    """A window's segments, the frames that are done with them, and whether a last single time closed them."""

    segments: list[Segment]
    done: int
    closed: bool


def cut(found: Decoded, tokenizer: Tokenizer, seek: int, size: int, stride: int) -> Cut:
    """Cut a window's tokens at its pairs of timestamps.

    Args:
        found: the window's tokens.
        tokenizer: the vocabulary.
        seek: the window's first frame.
        size: its frames within the recording.
        stride: frames of an audio position.
    """
    begin = tokenizer.special.timestamp_begin
    precision = stride / FRAMES_PER_SECOND  # seconds of a position
    offset = seek / FRAMES_PER_SECOND

    def segment(start: float, end: float, tokens: tuple[int, ...]) -> Segment:
        text = tokenizer.decode(tokens)
        return Segment(
            seek,
            start,
            end,
            tokens,
            text,
            found.temperature,
            found.average,
            found.compression,
            found.no_speech,
        )

    tokens = found.tokens
    times = [token >= begin for token in tokens]
    closed = times[-2:] == [False, True]
    cuts = [index for index in range(1, len(tokens)) if times[index - 1] and times[index]]
    if not cuts:
        last = next((token - begin for token, time in zip(tokens[::-1], times[::-1], strict=True) if time), 0)
        length = last * precision if last else size / FRAMES_PER_SECOND
        return Cut([segment(offset, offset + length, tokens)], size, closed)
    if closed:
        cuts.append(len(tokens))
    segments = []
    for first, after in zip([0, *cuts], cuts, strict=False):
        part = tokens[first:after]
        start, end = ((token - begin) * precision for token in (part[0], part[-1]))
        segments.append(segment(offset + start, offset + end, part))
    return Cut(segments, size if closed else (tokens[cuts[-1] - 1] - begin) * stride, closed)
