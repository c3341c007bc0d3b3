"""What text is made of: the published byte pairs, or some that are learned from a corpus.

The published ranks are GPT-2's for the English models and a multilingual set for all others; they are shipped
in `assets/` under their MIT licence. Published checkpoints mean nothing without them. The `sample` preset
learns a small vocabulary from its own transcripts and keeps it in config.json.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol

import tiktoken
import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from stages.core.errors import BadDataError

PublishedName = Literal["multilingual", "gpt2"]

_ASSETS = Path(__file__).parent / "assets"
_SHA256: dict[PublishedName, str] = {
    "multilingual": "b34b360dbb493e781e479794586d661700670d65564001f23024971d1f2fa126",
    "gpt2": "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
}
# GPT-2's split: English contractions, words, numbers and other signs with the space before them, spaces.
_SPLIT = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


class Vocabulary(Protocol):
    """A byte-level vocabulary: no text is unknown to it."""

    @property
    def size(self) -> int:
        """How many ids it has."""
        ...

    def encode(self, text: str) -> list[int]:
        """The ids of a text."""
        ...

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of ids; bytes that are no UTF-8 become replacement characters."""
        ...

    def to_json(self) -> Any:
        """What `read_vocabulary` needs."""
        ...


class Published:
    """The byte pairs of the released checkpoints."""

    def __init__(self, name: PublishedName) -> None:
        self._name = name
        self._encoding = _published_encoding(name)

    @property
    def size(self) -> int:
        """How many ids it has."""
        return int(self._encoding.n_vocab)

    def encode(self, text: str) -> list[int]:
        """The ids of a text."""
        return list(self._encoding.encode_ordinary(text))

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of ids; bytes that are no UTF-8 become replacement characters."""
        return str(self._encoding.decode(list(tokens)))

    def to_json(self) -> str:
        """Its name: the ranks are shipped with the code."""
        return self._name


class Learned:
    """Byte pairs learned from a corpus."""

    def __init__(self, text: tokenizers.Tokenizer) -> None:
        self._text = text

    @classmethod
    def train(cls, texts: Iterable[str], size: int) -> "Learned":
        """Learn byte pairs; the same texts in the same order give the same vocabulary.

        Args:
            texts: each counted as often as it comes.
            size: of the vocabulary; 256 of it are the single bytes.
        """
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
        return cls(text)

    @property
    def size(self) -> int:
        """How many ids it has."""
        return int(self._text.get_vocab_size())

    def encode(self, text: str) -> list[int]:
        """The ids of a text."""
        return list(self._text.encode(text, add_special_tokens=False).ids)

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of ids; bytes that are no UTF-8 become replacement characters."""
        return str(self._text.decode(list(tokens)))

    def to_json(self) -> Any:
        """The whole vocabulary."""
        return json.loads(self._text.to_str())


def read_vocabulary(content: Any) -> Vocabulary:
    """The vocabulary of a config.json.

    Raises:
        BadDataError: a published vocabulary is asked for that there is not.
    """
    if isinstance(content, str):
        if content not in _SHA256:
            raise BadDataError(f"vocabulary '{content}' is none of {', '.join(_SHA256)}")
        return Published(content)
    return Learned(tokenizers.Tokenizer.from_str(json.dumps(content)))


@cache
def _published_encoding(name: PublishedName) -> tiktoken.Encoding:
    path = _ASSETS / f"{name}.tiktoken"
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != _SHA256[name]:
        raise BadDataError(f"{path}: not the published vocabulary; check it out again")
    ranks = {}
    for line in content.splitlines():
        token, _, rank = line.partition(b" ")
        ranks[base64.b64decode(token)] = int(rank)
    return tiktoken.Encoding(name, pat_str=_SPLIT, mergeable_ranks=ranks, special_tokens={})
