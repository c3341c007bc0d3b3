"""Words that were most likely not spoken: improbable, too short or too long, and surrounded by silence.

Source: the released code's rule for silence; its thresholds are kept.
"""

from collections.abc import Sequence

from stages.systems.whisper.mel import FRAMES_PER_SECOND
from stages.systems.whisper.transcription.result import Segment, Word
from stages.systems.whisper.transcription.words import CLOSING, OPENING

_JUDGED = 8  # words of a segment
_SUSPICIOUS = 3.0  # sum of the anomalies of the judged words
_NEARLY_ALL = 0.01
_IMPROBABLE = 0.15
_SHORTEST, _LONGEST = 0.133, 2.0  # seconds of a word
_PER_SECOND_SHORT = 15.0
_WINDOW_EDGE = 2.0  # seconds


def anomaly(word: Word) -> float:
    """How unlike speech a word is; 0 for an ordinary one."""
    length = word.end - word.start
    improbable = 1.0 if word.probability < _IMPROBABLE else 0.0
    return improbable + max(0.0, _SHORTEST - length) * _PER_SECOND_SHORT + max(0.0, length - _LONGEST)


def is_anomalous(segment: Segment | None) -> bool:
    """Whether the first words of a segment are mostly unlike speech."""
    words = [word for word in segment.words if word.text not in OPENING + CLOSING] if segment else []
    if not words:
        return False
    total = sum(map(anomaly, words[:_JUDGED]))
    return total >= _SUSPICIOUS or total + _NEARLY_ALL >= len(words[:_JUDGED])


def after_silence(
    segments: list[Segment],
    seek: int,
    size: int,
    total: int,
    after: int,
    *,
    closed: bool,
    frames: int,
    last_speech: float,
    threshold: float,
) -> tuple[int, list[Segment]]:
    """Where to go on, and what to keep of a window whose words may have been heard in silence.

    Args:
        segments: with words.
        seek: the window's first frame.
        size: its frames within the recording.
        total: frames of the recording.
        after: where the next window would begin.
        closed: whether the window ended with a single time, and is done.
        frames: of a whole window.
        last_speech: when the last word before the window ended, in seconds.
        threshold: seconds that count as silence.
    """
    offset, window_end = seek / FRAMES_PER_SECOND, (seek + frames) / FRAMES_PER_SECOND
    spoken = [segment for segment in segments if segment.words]
    if not closed and spoken and spoken[-1].end > offset:
        rest = window_end - spoken[-1].end
        after = round(spoken[-1].end * FRAMES_PER_SECOND) if rest > threshold else seek + size
    if spoken and is_anomalous(spoken[0]) and spoken[0].start - offset > threshold:
        return seek + round((spoken[0].start - offset) * FRAMES_PER_SECOND), []
    for index, segment in enumerate(segments):
        if not segment.words:
            continue
        if is_anomalous(segment):
            following = _next_spoken(segments[index + 1 :])
            next_start = following.words[0].start if following else offset + size / FRAMES_PER_SECOND
            quiet_before = (
                segment.start - last_speech > threshold
                or segment.start < threshold
                or segment.start - offset < _WINDOW_EDGE
            )
            quiet_after = (
                next_start - segment.end > threshold
                or is_anomalous(following)
                or window_end - segment.end < _WINDOW_EDGE
            )
            if quiet_before and quiet_after:
                nearly_over = total / FRAMES_PER_SECOND - segment.end < threshold
                again = round(max(offset + 1, segment.start) * FRAMES_PER_SECOND)
                return total if nearly_over else again, segments[:index]
        last_speech = segment.end
    return after, segments


def _next_spoken(segments: Sequence[Segment]) -> Segment | None:
    return next((segment for segment in segments if segment.words), None)
