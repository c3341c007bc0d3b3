"""Utterances strung together from recordings of single words, with timings that are exact to the sample.

Drawing needs only the words and how long they are; joining needs the waveforms. The first is done once, when
the work is planned, the second in the workers.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from stages.core.audio import SAMPLE_RATE, Waveform
from stages.core.records import Segment
from stages.core.reserved import is_reserved
from stages.core.seeds import generator
from stages.ingest.items import Item, Utterance, Word, item_key
from stages.ingest.params import Compose
from stages.ingest.sources.fields import normal_group

TRAIN, RESERVED = "train", "strings"

_MARGIN = SAMPLE_RATE // 50  # 20 ms kept around the loud part: the onset of a consonant is quiet
_DRAWS_EACH = 200  # draws per wanted utterance before the recipe is called exhausted


def trim(wave: Waveform, silence: float) -> Waveform:
    """Cut what is quieter than `silence` dB below the peak off both ends, all but a small margin."""
    level = np.abs(wave)
    loud = np.flatnonzero(level >= level.max() * 10.0 ** (silence / 20.0))
    return wave[max(0, loud[0] - _MARGIN) : loud[-1] + 1 + _MARGIN]


def join(words: Sequence[tuple[str, Waveform]], gaps: Sequence[int]) -> tuple[Waveform, tuple[Segment, ...]]:
    """String words together with silence before, between and after them.

    Args:
        words: text and waveform of each, in order.
        gaps: samples of silence, one more than there are words.

    Returns:
        The waveform [samples] and one segment per word; its times are whole samples divided by the rate.
    """
    parts: list[Waveform] = [np.zeros(gaps[0], np.float32)]
    segments: list[Segment] = []
    position = gaps[0]
    for (text, wave), gap in zip(words, gaps[1:], strict=True):
        stop = position + len(wave)
        segments.append(Segment(start=position / SAMPLE_RATE, end=stop / SAMPLE_RATE, text=text))
        parts += [wave, np.zeros(gap, np.float32)]
        position = stop + gap
    return np.concatenate(parts), tuple(segments)


def draw_utterances(
    recipe: Compose, words: Sequence[tuple[Item, int]], seed: int, source: str, split: str | None
) -> Iterator[Item]:
    """Draw the utterances of a source; no sequence of recordings comes twice.

    Args:
        recipe: the numbers of params.yaml.
        words: items of single recorded words, each with its trimmed length in samples.
        seed: the root seed.
        source: the name of the source.
        split: the split of all of them, or None to reserve some strings.

    Yields:
        Fewer utterances than asked for if the recipe cannot yield more that are different and short enough.
    """
    wanted = {split: recipe.utterances} if split else {TRAIN: recipe.utterances, RESERVED: recipe.reserved}
    voices = _voices(words)
    random = generator(seed, "ingest", source)
    seen: set[tuple[str, ...]] = set()
    number = 0
    for _ in range(_DRAWS_EACH * sum(wanted.values()) if voices else 0):
        if not any(wanted.values()):
            return
        voice = voices[random.integers(len(voices))]
        chosen, gaps = _draw(recipe, voice, random)
        item = _item(recipe, [word for word, _ in chosen], gaps, item_key(source, number))
        target = split or (RESERVED if is_reserved(item.language, item.text) else TRAIN)
        links = tuple(word.link for word, _ in chosen)
        length = sum(gaps) + sum(samples for _, samples in chosen)
        if not wanted[target] or links in seen or length > recipe.seconds * SAMPLE_RATE:
            continue
        seen.add(links)
        wanted[target] -= 1
        number += 1
        yield item.model_copy(update={"split": target})


def _voices(words: Sequence[tuple[Item, int]]) -> list[list[tuple[Item, int]]]:
    """The words by language and speaker, in the order in which they first come."""
    voices: Mapping[tuple[str, str | None], list[tuple[Item, int]]] = {
        (word.language, word.speaker): [] for word, _ in words
    }
    for word, length in words:
        voices[word.language, word.speaker].append((word, length))
    return list(voices.values())


def _draw(
    recipe: Compose, voice: Sequence[tuple[Item, int]], random: np.random.Generator
) -> tuple[list[tuple[Item, int]], list[int]]:
    count = int(random.integers(recipe.words[0], recipe.words[1] + 1))
    chosen = [voice[index] for index in random.integers(len(voice), size=count)]
    gaps = random.uniform(*recipe.gap, size=count + 1) * SAMPLE_RATE
    return chosen, [int(gap) for gap in gaps]


def _item(recipe: Compose, words: Sequence[Item], gaps: Sequence[int], key: str) -> Item:
    """The utterance as an item: texts joined, translation word by word."""
    text = " ".join(word.text for word in words)
    english = [word.translation for word in words if word.translation]
    return words[0].model_copy(
        update={
            "key": key,
            "link": "",
            "text": text,
            "translation": " ".join(english) if len(english) == len(words) else None,
            "group": normal_group(text),
            "tags": (),
            "segments": (),
            "licence": " AND ".join(sorted({word.licence for word in words})),
            "utterance": Utterance(
                words=tuple(Word(link=word.link, text=word.text) for word in words),
                gaps=tuple(gaps),
                silence=recipe.silence,
            ),
        }
    )
