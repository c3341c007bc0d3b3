"""Transcriptions as files: plain text, subtitles, tables, JSON.

Layouts are those of the released command line, so that what reads its files reads ours.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from stages.systems.whisper.transcription.result import Segment, Transcription, Word

Format = Literal["txt", "vtt", "srt", "tsv", "json"]

_PAUSE = 3.0  # seconds that end a subtitle which is not bound to its segment
_UNBOUNDED = 1000  # characters or words of a line


@dataclass(frozen=True)
class Layout:
    """How words are laid out in subtitles; only transcriptions with words can be laid out anew.

    Attributes:
        line_width: most characters of a line.
        line_count: most lines of a subtitle; with a width, subtitles may then cross segments.
        words_per_line: most words of a line.
        highlight: whether each word is underlined while it is spoken.
    """

    line_width: int | None = None
    line_count: int | None = None
    words_per_line: int | None = None
    highlight: bool = False


@dataclass(frozen=True)
class Cue:
    """A text and when it is shown, in seconds."""

    start: float
    end: float
    text: str


def write_txt(found: Transcription, _layout: Layout) -> str:
    """One segment a line."""
    return "".join(f"{segment.text.strip()}\n" for segment in found.segments)


def write_tsv(found: Transcription, _layout: Layout) -> str:
    """Start and end in whole milliseconds and text, by tabs."""
    rows = [
        f"{round(1000 * segment.start)}\t{round(1000 * segment.end)}\t{_one_line(segment.text)}\n"
        for segment in found.segments
    ]
    return "".join(["start\tend\ttext\n", *rows])


def write_vtt(found: Transcription, layout: Layout) -> str:
    """WebVTT."""
    cues = [
        f"{stamp(cue.start, hours=False)} --> {stamp(cue.end, hours=False)}\n{cue.text}\n\n"
        for cue in make_cues(found, layout)
    ]
    return "".join(["WEBVTT\n\n", *cues])


def write_srt(found: Transcription, layout: Layout) -> str:
    """SubRip."""
    return "".join(
        f"{number}\n{stamp(cue.start, point=',')} --> {stamp(cue.end, point=',')}\n{cue.text}\n\n"
        for number, cue in enumerate(make_cues(found, layout), 1)
    )


def write_json(found: Transcription, _layout: Layout) -> str:
    """Everything, by the released names."""
    segments = [_as_released(number, segment) for number, segment in enumerate(found.segments)]
    content = {"text": found.text, "segments": segments, "language": found.language}
    return json.dumps(content, ensure_ascii=False) + "\n"


WRITERS: dict[Format, Callable[[Transcription, Layout], str]] = {
    "txt": write_txt,
    "vtt": write_vtt,
    "srt": write_srt,
    "tsv": write_tsv,
    "json": write_json,
}


def stamp(seconds: float, *, hours: bool = True, point: str = ".") -> str:
    """A time as `01:02:03.456`; without `hours`, they are left out where they are 0."""
    milliseconds = round(1000 * seconds)
    minutes, rest = divmod(milliseconds, 60_000)
    hour, minute = divmod(minutes, 60)
    front = f"{hour:02d}:" if hours or hour else ""
    return f"{front}{minute:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"


def make_cues(found: Transcription, layout: Layout) -> Iterator[Cue]:
    """The subtitles of a transcription."""
    if not any(segment.words for segment in found.segments):
        yield from (Cue(each.start, each.end, _no_arrow(each.text.strip())) for each in found.segments)
        return
    for words in lay_out(found.segments, layout):
        cue = Cue(words[0].start, words[-1].end, "".join(word.text for word in words))
        yield from _highlighted(cue, words) if layout.highlight else [cue]


def lay_out(segments: Sequence[Segment], layout: Layout) -> Iterator[list[Word]]:
    """Group words to subtitles; a word that begins a line within one has a line break before it."""
    within = layout.line_count is None or layout.line_width is None  # subtitles stay within segments
    width = layout.line_width or _UNBOUNDED
    group: list[Word] = []
    length, lines, last = 0, 1, 0.0
    for segment in segments:
        for index, word in enumerate(segment.words):
            begins = within and bool(group) and index % (layout.words_per_line or _UNBOUNDED) == 0
            paused = not within and word.start - last > _PAUSE
            if length and length + len(word.text) <= width and not paused and not begins:
                length += len(word.text)
                group.append(word)
            else:
                text = word.text.strip()
                full = layout.line_count is not None and (paused or lines >= layout.line_count)
                if begins or (group and full):
                    yield group
                    group, lines = [], 1
                elif length:
                    lines += 1
                    text = "\n" + text
                length = len(text.strip())
                group.append(replace(word, text=text))
            last = word.start
    if group:
        yield group


def _highlighted(cue: Cue, words: Sequence[Word]) -> Iterator[Cue]:
    """The cue once for each word, which is underlined, and plain in the pauses between them."""
    shown = cue.start
    for index, word in enumerate(words):
        if stamp(shown) != stamp(word.start):
            yield Cue(shown, word.start, cue.text)
        texts = [each.text for each in words]
        texts[index] = re.sub(r"^(\s*)(.*)$", r"\1<u>\2</u>", texts[index])
        yield Cue(word.start, word.end, "".join(texts))
        shown = word.end


def _no_arrow(text: str) -> str:
    """An arrow in a text would be read as a time."""
    return text.replace("-->", "->")


def _one_line(text: str) -> str:
    return text.strip().replace("\t", " ")


def _as_released(number: int, segment: Segment) -> dict[str, object]:
    facts: dict[str, object] = {
        "id": number,
        "seek": segment.seek,
        "start": segment.start,
        "end": segment.end,
        "text": segment.text,
        "tokens": list(segment.tokens),
        "temperature": segment.temperature,
        "avg_logprob": segment.average,
        "compression_ratio": segment.compression,
        "no_speech_prob": segment.no_speech,
    }
    if segment.words:
        facts["words"] = [
            {"word": word.text, "start": word.start, "end": word.end, "probability": word.probability}
            for word in segment.words
        ]
    return facts
