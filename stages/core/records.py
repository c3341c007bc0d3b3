"""What the pipeline knows of one pair, and the pair itself.

A sample is a key and its files, as in a WebDataset tar: `KEY.json` (the record), and `KEY.flac` or `KEY.png`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$", max_length=64)]
# a plain tar header has room for 100 bytes, extension included
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]+$", max_length=90)]


class Segment(BaseModel):
    """A stretch of speech with the words spoken in it, in seconds from the start of the sample."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: float = Field(ge=0)
    end: float = Field(ge=0)
    text: str


class Record(BaseModel):
    """One pair's facts: where it came from, what it says, and how it may be split.

    `group` names what must not be torn apart between training and testing: the same caption in another
    language or style has the same group. `split` is set when the manifest itself holds a source out (a
    speaker, a drawing style), and is None when the split follows from the group.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Key
    source: Name  # the entry of params.yaml that brought it
    licence: str  # SPDX identifier
    origin: str  # the link or the path that was read
    sha256: str  # of the bytes that were read, before any decoding
    text: str  # the caption or the transcript
    language: str = "und"  # BCP 47
    group: str
    split: Name | None = None
    tags: tuple[str, ...] = ()  # further captions or keywords
    translation: str | None = None  # into English
    speaker: str | None = None
    segments: tuple[Segment, ...] = ()  # exact timings, where they are known
    duration: float | None = None  # seconds
    width: int | None = None  # pixels
    height: int | None = None  # pixels

    def translated_from(self, language: str) -> "Record":
        """The same pair with its text as the English translation of speech in `language`.

        What was said is not known then: the transcript is empty, and so are the timings of its words.
        """
        changes = {"language": language, "text": "", "translation": self.text, "segments": ()}
        return self.model_copy(update=changes)


@dataclass(frozen=True)
class Sample:
    """A key and its files by extension: `{"json": ..., "png": ...}`."""

    key: str
    files: Mapping[str, bytes]

    @cached_property
    def record(self) -> Record:
        """The sample's facts, parsed from its `json` file.

        Raises:
            pydantic.ValidationError: the file is no record.
        """
        return Record.model_validate_json(self.files["json"])
