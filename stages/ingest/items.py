"""What is to be fetched: one item per manifest line, or per composed utterance."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from stages.core.records import Key, Name, Segment

_DIGITS = 8  # keys sort as their numbers do up to a hundred million lines a source


class Word(BaseModel):
    """A single recorded word inside a composed utterance."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    link: str
    text: str


class Utterance(BaseModel):
    """How to build an utterance: words, and the silence around them.

    Attributes:
        words: in the order of speaking.
        gaps: samples at 16 kHz before the first word, between two, and after the last; one more than words.
        silence: dB below a recording's peak that counts as silence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: tuple[Word, ...]
    gaps: tuple[int, ...]
    silence: float


class Embedded(BaseModel):
    """A file that the manifest itself holds, in a column of parquet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str  # of the manifest on this machine
    column: str
    row: int  # of the manifest, from 0


class Item(BaseModel):
    """One line of work. `problem` is set when the line itself is unusable, and then nothing is fetched."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Key
    source: Name
    link: str = ""  # a path relative to the base of its source, or a URL
    text: str = ""
    language: str = "und"
    translation: str | None = None
    speaker: str | None = None
    group: str = ""
    tags: tuple[str, ...] = ()
    split: Name | None = None
    licence: str = ""
    segments: tuple[Segment, ...] = ()
    utterance: Utterance | None = None
    embedded: Embedded | None = None  # then `link` only says where it came from
    ready: bool = False  # the link leads to a tar of samples, and not to a file
    problem: str | None = None

    @property
    def origin(self) -> str:
        """The link, or the links of a composed utterance's words."""
        if self.utterance is None:
            return self.link
        return " ".join(word.link for word in self.utterance.words)


def item_key(source: str, number: int, *more: str | int) -> str:
    """The stable key of a source's line: `<source>-00000042`, and what distinguishes its parts."""
    return "-".join([source, f"{number:0{_DIGITS}d}", *map(str, more)])


Row = Mapping[str, Any]  # one manifest line by column
