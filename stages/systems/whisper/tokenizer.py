"""Text to ids and back: a vocabulary followed by the published grammar's control tokens."""

import string
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from stages.core.errors import BadDataError
from stages.systems.whisper.special import LANGUAGES, TIMESTAMP_STEP, SpecialTokens
from stages.systems.whisper.vocabulary import Learned, Published, Vocabulary, read_vocabulary

# Signs that annotate speech instead of being spoken, alone or with a space before them.
_ANNOTATIONS = (
    *'"#()*+/:;<=>@[\\]^_`{|}~「」『』',
    *["<<", ">>", "<<<", ">>>", "--", "---", "-(", "-[", "('", '("', "((", "))", "(((", ")))"],
    *["[[", "]]", "{{", "}}", "♪♪", "♪♪♪"],
)
_MUSIC = tuple("♩♪♫♬♭♮♯")  # of several bytes each: the first byte alone is not spoken, either
_WRITTEN_WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "my", "yue"})


class Tokenizer:
    """A byte-level vocabulary with its special tokens."""

    def __init__(self, text: Vocabulary, special: SpecialTokens) -> None:
        self._text = text
        self.special = special

    @classmethod
    def published(cls, size: int) -> "Tokenizer":
        """The tokeniser of a released checkpoint, which its number of ids tells.

        Raises:
            BadDataError: no release has this many.
        """
        for multilingual, languages in ((False, 99), (True, 99), (True, 100)):
            text = Published("multilingual" if multilingual else "gpt2")
            special = SpecialTokens(text.size, LANGUAGES[:languages], multilingual=multilingual)
            if special.size == size:
                return cls(text, special)
        raise BadDataError(f"a vocabulary of {size} ids is none of the published ones (51864, 51865, 51866)")

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
        text = Learned.train(texts, size)
        ordered = tuple(code for code in LANGUAGES if code in wanted)
        return cls(text, SpecialTokens(text.size, ordered, round(seconds / TIMESTAMP_STEP) + 1))

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Tokenizer":
        """The tokeniser of a config.json."""
        special = SpecialTokens(
            content["first"], tuple(content["languages"]), content["timestamps"], content["multilingual"]
        )
        return cls(read_vocabulary(content["text"]), special)

    def to_json(self) -> dict[str, Any]:
        """Everything `from_json` needs."""
        return {
            "first": self.special.first,
            "languages": list(self.special.languages),
            "timestamps": self.special.timestamps,
            "multilingual": self.special.multilingual,
            "text": self._text.to_json(),
        }

    @property
    def size(self) -> int:
        """Ids in all, text and special."""
        return self.special.size

    def encode(self, text: str) -> list[int]:
        """Ids of a text; as in the released data, a transcript begins with a space."""
        return self._text.encode(text)

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of ids; special ones are left out."""
        return self._text.decode([token for token in tokens if token < self.special.first])

    @cached_property
    def annotations(self) -> tuple[int, ...]:
        """Ids of what annotates speech, such as brackets and notes, which decoding may forbid.

        Hyphens and apostrophes stay allowed within words and are forbidden at their start.
        """
        found = {self.encode(" -")[0], self.encode(" '")[0]}
        for sign in (*_ANNOTATIONS, *_MUSIC):
            for tokens in (self.encode(sign), self.encode(" " + sign)):
                if len(tokens) == 1 or sign in _MUSIC:
                    found.add(tokens[0])
        return tuple(sorted(found))

    def split_words(self, tokens: Sequence[int], language: str) -> tuple[list[str], list[list[int]]]:
        """Words and the ids of each; the texts of the words together are the text of the ids."""
        characters = self._split_characters(tokens)
        if language in _WRITTEN_WITHOUT_SPACES:
            return [text for text, _ in characters], [ids for _, ids in characters]
        words: list[str] = []
        groups: list[list[int]] = []
        for text, ids in characters:
            begins = (
                ids[0] >= self.special.first or text.startswith(" ") or text.strip() in string.punctuation
            )
            if begins or not words:
                words.append(text)
                groups.append(list(ids))
            else:
                words[-1] += text
                groups[-1] += ids
        return words, groups

    def _split_characters(self, tokens: Sequence[int]) -> list[tuple[str, list[int]]]:
        """The smallest runs of ids that are whole characters."""
        whole, position = self._decode_all(tokens), 0
        found: list[tuple[str, list[int]]] = []
        pending: list[int] = []
        for token in tokens:
            pending.append(token)
            text = self._decode_all(pending)
            hole = text.find("\ufffd")
            if hole < 0 or whole[position + hole : position + hole + 1] == "\ufffd":
                found.append((text, pending))
                position += len(text)
                pending = []
        return found

    def _decode_all(self, tokens: Sequence[int]) -> str:
        """The text of ids with control tokens spelled out."""
        parts: list[str] = []
        text: list[int] = []
        for token in tokens:
            if token < self.special.first:
                text.append(token)
                continue
            parts += [self._text.decode(text), self.special.spell(token)]
            text = []
        return "".join([*parts, self._text.decode(text)])
