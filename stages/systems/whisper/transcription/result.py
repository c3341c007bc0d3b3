"""What a transcription consists of."""

from dataclasses import dataclass, field


@dataclass
class Word:
    """A word and the stretch of sound that it was heard in, in seconds.

    Attributes:
        text: with the space before it, where there is one.
        tokens: its ids.
        start: from the beginning of the recording.
        end: from the beginning of the recording.
        probability: mean probability of its tokens.
    """

    text: str
    tokens: list[int]
    start: float
    end: float
    probability: float


@dataclass
class Segment:
    """A stretch of speech between two timestamps.

    Attributes:
        seek: mel frame at which its window began.
        start: seconds from the beginning of the recording.
        end: seconds from the beginning of the recording.
        tokens: text and timestamps.
        text: empty if it is blank or lasts no time.
        temperature: at which its window was decoded.
        average: mean log-probability of its window's tokens.
        compression: of its window's text.
        no_speech: probability that nobody speaks in its window.
        words: with times, if they were asked for.
    """

    seek: int
    start: float
    end: float
    tokens: tuple[int, ...]
    text: str
    temperature: float
    average: float
    compression: float
    no_speech: float
    words: list[Word] = field(default_factory=list)

    def blank(self) -> None:
        """Take everything out that could be read; the segment keeps its place."""
        self.text, self.tokens, self.words = "", (), []


@dataclass(frozen=True)
class Transcription:
    """All segments of a recording, its whole text and its language."""

    text: str
    segments: tuple[Segment, ...]
    language: str
