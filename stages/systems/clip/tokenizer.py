"""Byte-pair encoding as CLIP has it: lower case, words ended by `</w>`, ids in the published layout.

Ids are 256 bytes, the same 256 at the end of a word, one per merge, then start and end of text. So the list
of merges is all that has to be stored, and the end token has the largest id, which the model looks for.
Merges are learned here and not by the `tokenizers` library, whose ids depend on the order of a hash map; the
library applies them.

Source: Sennrich et al., "Neural machine translation of rare words with subword units", 2016; Radford et al.,
2021, section 2.4.
"""

import heapq
import html
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise

import ftfy
import regex
import tokenizers
import torch
from tokenizers import models, pre_tokenizers
from torch import Tensor

_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
_END_OF_WORD = "</w>"
_BYTES = 256
_FIRST_MERGE = 2 * _BYTES
_SPECIALS = 2  # start and end of text

Pair = tuple[str, str]


class Tokenizer:
    """Texts to ids.

    Args:
        merges: in the order in which they were learned.
        vocabulary: the size of the id space; start and end of text are its last two.
        context: the most tokens of a text, with start and end.

    Raises:
        ValueError: the merges do not fit into the vocabulary.
    """

    def __init__(self, merges: Sequence[Pair], vocabulary: int, context: int) -> None:
        if _FIRST_MERGE + len(merges) + _SPECIALS > vocabulary:
            raise ValueError(f"{len(merges)} merges do not fit into a vocabulary of {vocabulary}")
        self.merges = tuple(merges)
        self.context = context
        self.start, self.end = vocabulary - 2, vocabulary - 1
        letters = list(_byte_letters().values())
        tokens = [*letters, *(letter + _END_OF_WORD for letter in letters), *("".join(m) for m in merges)]
        ids = {token: number for number, token in enumerate(tokens)}
        model = models.BPE(ids, list(merges), end_of_word_suffix=_END_OF_WORD)
        self._library = tokenizers.Tokenizer(model)
        split = pre_tokenizers.Split(tokenizers.Regex(_WORDS), "removed", invert=True)
        to_letters = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        self._library.pre_tokenizer = pre_tokenizers.Sequence([split, to_letters])

    def ids(self, text: str) -> list[int]:
        """The ids of a text between start and end; a longer one than the context is cut before its end."""
        inner: list[int] = self._library.encode(clean(text), add_special_tokens=False).ids
        return [self.start, *inner[: self.context - _SPECIALS], self.end]

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Ids int64 [B, N], N the longest text's number of tokens, filled up with 0.

        Raises:
            ValueError: there are no texts.
        """
        if not texts:
            raise ValueError("no texts to tokenise")
        rows = [torch.tensor(self.ids(text)) for text in texts]
        return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)


def clean(text: str) -> str:
    """Repair mis-decoded characters, resolve HTML entities, squeeze spaces, lower the case."""
    repaired = html.unescape(html.unescape(ftfy.fix_text(text)))
    return " ".join(repaired.split()).lower()


def learn_merges(texts: Iterable[str], vocabulary: int) -> list[Pair]:
    """Learn merges from texts until the vocabulary is full or no pair of symbols occurs twice.

    The most frequent pair comes first, and of equally frequent ones the first in the order of code points:
    the result depends on nothing but the texts.
    """
    counts: Counter[str] = Counter()
    for text, times in Counter(texts).items():
        for word in regex.findall(_WORDS, clean(text)):
            counts[word] += times
    words, weights = [_symbols(word) for word in counts], list(counts.values())
    table = _PairTable(words, weights)
    merges: list[Pair] = []
    while len(merges) < vocabulary - _FIRST_MERGE - _SPECIALS:
        best = table.pop_best()
        if best is None:
            break
        merges.append(best)
        table.merge(best)
    return merges


class _PairTable:
    """How often neighbours occur, and in which words; kept up to date while words are merged."""

    def __init__(self, words: list[list[str]], weights: list[int]) -> None:
        self._words, self._weights = words, weights
        self._counts: Counter[Pair] = Counter()
        self._where: defaultdict[Pair, set[int]] = defaultdict(set)
        for number in range(len(words)):
            self._add(number, 1)
        self._heap = [(-count, pair) for pair, count in self._counts.items()]
        heapq.heapify(self._heap)

    def pop_best(self) -> Pair | None:
        """The most frequent pair that occurs at least twice."""
        while self._heap:
            count, pair = heapq.heappop(self._heap)
            now = self._counts[pair]
            if now == -count:
                return pair if now > 1 else None
            if now > 0:  # it lost some to an earlier merge: back in at its true place
                heapq.heappush(self._heap, (-now, pair))
        return None

    def merge(self, pair: Pair) -> None:
        """Replace the pair by one symbol wherever it occurs."""
        changed: set[Pair] = set()
        for number in self._where.pop(pair):
            self._add(number, -1)
            self._words[number] = _merged(self._words[number], pair)
            changed.update(self._add(number, 1))
        for each in changed:
            heapq.heappush(self._heap, (-self._counts[each], each))

    def _add(self, number: int, sign: int) -> list[Pair]:
        pairs = list(pairwise(self._words[number]))
        for pair in pairs:
            self._counts[pair] += sign * self._weights[number]
            if sign > 0:
                self._where[pair].add(number)
        return pairs


def _merged(symbols: list[str], pair: Pair) -> list[str]:
    """The symbols with each occurrence of the pair joined, from the left."""
    result: list[str] = []
    position = 0
    while position < len(symbols):
        if tuple(symbols[position : position + 2]) == pair:
            result.append("".join(pair))
            position += 2
        else:
            result.append(symbols[position])
            position += 1
    return result


def _symbols(word: str) -> list[str]:
    letters = _byte_letters()
    symbols = [letters[byte] for byte in word.encode()]
    return [*symbols[:-1], symbols[-1] + _END_OF_WORD]


@cache
def _byte_letters() -> dict[int, str]:
    """A printable letter for each byte, in the published order: printable Latin-1 first, then the rest."""
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    others = [byte for byte in range(_BYTES) if byte not in printable]
    letters = {byte: chr(byte) for byte in printable}
    return letters | {byte: chr(_BYTES + number) for number, byte in enumerate(others)}
