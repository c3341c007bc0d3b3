"""What one gets without listening: the answers that a model has to beat.

Both know the language of each utterance, which the model has to find, and both are made from the training
split alone.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import jiwer

from stages.core.seeds import generator
from stages.systems.whisper.normaliser import normalise

_CANDIDATES = 12  # most frequent texts that are tried as the constant answer
_TRIALS = 100  # training texts on which they are tried


class Baselines:
    """Answers by language, learned from (language, text) pairs in the order of the corpus."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._texts: dict[str, list[str]] = {}
        for language, text in pairs:
            self._texts.setdefault(language, []).append(text)
        self._constants = {language: _best_constant(texts) for language, texts in self._texts.items()}

    def constant(self, language: str) -> str:
        """The single answer with the fewest word errors on the language's training texts, or ""."""
        return self._constants.get(language, "")

    def random(self, language: str, reference: str, seed: int, number: int) -> str:
        """As many words as the reference has, drawn from the language's training words."""
        words = [word for text in self._texts.get(language, []) for word in text.split()]
        if not words:
            return ""
        random = generator(seed, "whisper", "baseline", number)
        return " ".join(words[index] for index in random.integers(len(words), size=len(reference.split())))


def _best_constant(texts: Sequence[str]) -> str:
    trials = [text for text in map(normalise, texts[:: -(-len(texts) // _TRIALS)]) if text]
    words = Counter(word for text in texts for word in text.split())
    common = [text for text, _ in Counter(texts).most_common(_CANDIDATES)]
    if not trials or not words:
        return common[0]
    repeated = [" ".join([words.most_common(1)[0][0]] * count) for count in (1, 2, 3)]
    candidates = list(dict.fromkeys([*common, *repeated]))
    return min(candidates, key=lambda text: jiwer.wer(trials, [normalise(text)] * len(trials)))
