"""The control tokens behind the text's: end, start, languages, tasks and times.

Source: Radford et al. 2022, section 2.3, and the released tokeniser, whose order of special tokens and of
languages is part of the checkpoints' meaning.
"""

from dataclasses import dataclass
from typing import Literal

from stages.core.errors import BadDataError

Task = Literal["transcribe", "translate"]

# In the order of the released checkpoints; Cantonese came with large-v3.
_ORDER = (
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg "
    "lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so "
    "af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue"
)
LANGUAGES = tuple(_ORDER.split())
TIMESTAMP_STEP = 0.02  # seconds
_CONTROLS = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
PUBLISHED_TIMESTAMPS = 1501  # 0.00 to 30.00


@dataclass(frozen=True)
class SpecialTokens:
    """The ids after the text's: end, start, languages, tasks, controls, timestamps.

    Attributes:
        first: the first special id, which is the number of text tokens.
        languages: codes in the order of their ids.
        timestamps: how many there are, from 0.00 s in steps of 20 ms.
        multilingual: whether sequences name language and task; the released English models have the ids and
            were never shown them.
    """

    first: int
    languages: tuple[str, ...] = LANGUAGES[:99]
    timestamps: int = PUBLISHED_TIMESTAMPS
    multilingual: bool = True

    @property
    def end_of_text(self) -> int:
        """Closes every sequence."""
        return self.first

    @property
    def start_of_transcript(self) -> int:
        """Opens what the model is to predict."""
        return self.first + 1

    @property
    def translate(self) -> int:
        """The task of writing English."""
        return self.first + 2 + len(self.languages)

    @property
    def transcribe(self) -> int:
        """The task of writing the language that is spoken."""
        return self.translate + 1

    @property
    def start_of_lm(self) -> int:
        """Unused by the paper's tasks, but it has its id."""
        return self.translate + 2

    @property
    def start_of_previous(self) -> int:
        """Opens the text of the preceding segment."""
        return self.translate + 3

    @property
    def no_speech(self) -> int:
        """Nobody speaks in the window."""
        return self.translate + 4

    @property
    def no_timestamps(self) -> int:
        """Text follows without times."""
        return self.translate + 5

    @property
    def timestamp_begin(self) -> int:
        """The id of 0.00 s."""
        return self.translate + 6

    @property
    def size(self) -> int:
        """Ids in all, text and special."""
        return self.timestamp_begin + self.timestamps

    def language(self, code: str) -> int:
        """The id of a language.

        Raises:
            BadDataError: the vocabulary has no such language.
        """
        try:
            return self.first + 2 + self.languages.index(code)
        except ValueError as error:
            known = ", ".join(self.languages)
            raise BadDataError(f"language '{code}' is not in the vocabulary, which has: {known}") from error

    def opening(self, language: str, task: Task) -> list[int]:
        """What a transcript begins with: its start, and in a multilingual model language and task.

        Raises:
            BadDataError: the vocabulary has no such language.
        """
        if not self.multilingual:
            return [self.start_of_transcript]
        return [self.start_of_transcript, self.language(language), self.task(task)]

    def task(self, task: Task) -> int:
        """The id of a task."""
        return self.translate if task == "translate" else self.transcribe

    def language_of(self, token: int) -> str | None:
        """The code of a language's id, or None for any other id."""
        index = token - self.first - 2
        return self.languages[index] if 0 <= index < len(self.languages) else None

    def timestamp(self, seconds: float) -> int:
        """The id of the nearest time, the window's end at most."""
        index = round(seconds / TIMESTAMP_STEP)
        return self.timestamp_begin + min(max(index, 0), self.timestamps - 1)

    def seconds(self, token: int) -> float | None:
        """The time of a timestamp's id, or None for any other id."""
        index = token - self.timestamp_begin
        return index * TIMESTAMP_STEP if 0 <= index < self.timestamps else None

    def spell(self, token: int) -> str:
        """A control token as it is written, `<|en|>` or `<|1.20|>`."""
        if (seconds := self.seconds(token)) is not None:
            return f"<|{seconds:.2f}|>"
        if (language := self.language_of(token)) is not None:
            return f"<|{language}|>"
        names = {self.end_of_text: "endoftext", self.start_of_transcript: "startoftranscript"}
        names |= dict(enumerate(_CONTROLS, self.translate))
        return f"<|{names[token]}|>"
