"""Text and special tokens: a byte-level vocabulary followed by the published grammar's control tokens.

Source: Radford et al. 2022, section 2.3, and the released tokeniser, whose order of special tokens and of
languages is part of the checkpoints' meaning. The published sizes use GPT-2's ranks; the `sample` preset
learns a small byte-pair vocabulary from its own transcripts and keeps it in config.json.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from stages.core.errors import BadDataError

# In the order of the released checkpoints; Cantonese came with large-v3.
_ORDER = (
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg "
    "lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so "
    "af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue"
)
LANGUAGES = tuple(_ORDER.split())
TIMESTAMP_STEP = 0.02  # seconds
PUBLISHED_TIMESTAMPS = 1501  # 0.00 to 30.00


@dataclass(frozen=True)
class SpecialTokens:
    """The ids after the text's: end, start, languages, tasks, controls, timestamps.

    Attributes:
        first: the first special id, which is the number of text tokens.
        languages: codes in the order of their ids.
        timestamps: how many there are, from 0.00 s in steps of 20 ms.
    """

    first: int
    languages: tuple[str, ...] = LANGUAGES[:99]
    timestamps: int = PUBLISHED_TIMESTAMPS

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


class Tokenizer:
    """A byte-level vocabulary with its special tokens."""

    def __init__(self, text: tokenizers.Tokenizer, special: SpecialTokens) -> None:
        self._text = text
        self.special = special

    @classmethod
    def train(cls, texts: Iterable[str], languages: Iterable[str], size: int, seconds: float) -> "Tokenizer":
        """Learn byte pairs from transcripts; the same texts in the same order give the same vocabulary.

        Args:
            texts: transcripts and translations, each counted as often as it comes.
            languages: codes to have tokens for.
            size: of the text vocabulary; 256 of it are the single bytes, so that no text is unknown.
            seconds: the window, up to which there are timestamps.

        Raises:
            BadDataError: a language is none of Whisper's.
        """
        wanted = set(languages)
        if unknown := sorted(wanted - set(LANGUAGES)):
            raise BadDataError(
                f"language '{unknown[0]}' is none of Whisper's {len(LANGUAGES)}: map or drop it"
            )
        text = tokenizers.Tokenizer(models.BPE())
        text.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        text.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=size,
            min_frequency=2,
            show_progress=False,
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        )
        text.train_from_iterator(texts, trainer)
        ordered = tuple(code for code in LANGUAGES if code in wanted)
        special = SpecialTokens(text.get_vocab_size(), ordered, round(seconds / TIMESTAMP_STEP) + 1)
        return cls(text, special)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Tokenizer":
        """The tokeniser of a config.json."""
        special = SpecialTokens(content["first"], tuple(content["languages"]), content["timestamps"])
        return cls(tokenizers.Tokenizer.from_str(json.dumps(content["text"])), special)

    def to_json(self) -> dict[str, Any]:
        """Everything `from_json` needs."""
        return {
            "first": self.special.first,
            "languages": list(self.special.languages),
            "timestamps": self.special.timestamps,
            "text": json.loads(self._text.to_str()),
        }

    @property
    def size(self) -> int:
        """Ids in all, text and special."""
        return self.special.size

    def encode(self, text: str) -> list[int]:
        """Ids of a text; as in the released data, a transcript begins with a space."""
        return list(self._text.encode(text, add_special_tokens=False).ids)

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of ids; special ones are left out."""
        return str(self._text.decode([token for token in tokens if token < self.special.first]))
