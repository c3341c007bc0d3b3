"""What one gets without listening: the answers that a model has to beat.

Both know the language of each utterance, which the model has to find, and both are made from the training
split alone.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from stages.core.seeds import generator
from stages.systems.whisper.scoring import error_rates

_CANDIDATES = 40  # most frequent texts that are tried as the constant answer
_TRIALS = 300  # training texts on which they are tried


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
    trials = texts[:: -(-len(texts) // _TRIALS)]
    words = Counter(word for text in texts for word in text.split())
    common = [text for text, _ in Counter(texts).most_common(_CANDIDATES)]
    repeated = [" ".join([words.most_common(1)[0][0]] * count) for count in (1, 2, 3)]
    return min(
        dict.fromkeys([*common, *repeated]), key=lambda text: error_rates(trials, [text] * len(trials)).wer
    )
