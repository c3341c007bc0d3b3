"""Whisper's measurements: error rates on held-out speech, beside answers that need no hearing.

Three kinds of held-out speech, from the easiest to the hardest: `strings` are unseen strings of recorded
words that training has heard, so they measure composition; `speakers` are voices that training never heard;
and `captions` are natural sentences whose texts it never saw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from matplotlib.figure import Figure

from stages.core.evaluation import Evaluation
from stages.core.reader import Shards
from stages.systems.whisper import figures, mel
from stages.systems.whisper.baselines import Baselines
from stages.systems.whisper.corpus import Utterance, utterance, waveform
from stages.systems.whisper.decoding import Decoded, Options, decode
from stages.systems.whisper.model import Whisper
from stages.systems.whisper.normaliser import normalise
from stages.systems.whisper.scoring import error_rates
from stages.systems.whisper.special import Task
from stages.systems.whisper.tokenizer import Tokenizer

STRINGS = "strings"
_BATCH = 50  # windows
_SHOWN = 7  # transcripts per split in the table


@dataclass(frozen=True)
class HeldOut:
    """A split, and the training source whose texts make its baselines."""

    split: str
    trained: str


HELD_OUT = (
    HeldOut(STRINGS, "digits"),
    HeldOut("speakers", "digits"),
    HeldOut("captions", "captions"),
)


@dataclass(frozen=True)
class Heard:
    """An utterance and what the model made of it; `english` is None where no translation is known."""

    said: Utterance
    found: Decoded
    english: Decoded | None


class Listener:
    """A model that hears whole samples of the corpus, each padded to the model's window."""

    def __init__(self, model: Whisper, tokenizer: Tokenizer, device: torch.device) -> None:
        self.model = model.eval().to(device)
        self.tokenizer = tokenizer
        self._device = device

    def windows(self, shards: Shards, keys: Sequence[str]) -> torch.Tensor:
        """Normalised mel [B, M, F] of samples, on the device."""
        dims = self.model.dims
        samples = dims.frames * mel.HOP
        audio = torch.stack([mel.fit(waveform(shards.sample(key)), samples) for key in keys])
        return mel.log_mel(audio.to(self._device), dims.n_mels)

    def hear(self, shards: Shards, utterances: Sequence[Utterance]) -> list[Heard]:
        """Transcribe all; translate those whose translation is known and is not what is said."""
        heard: list[Heard] = []
        for start in range(0, len(utterances), _BATCH):
            part = utterances[start : start + _BATCH]
            audio = self._encode(self.windows(shards, [each.key for each in part]))
            found = self._decode(audio, "transcribe")
            foreign = [row for row, each in enumerate(part) if _translatable(each)]
            translated = self._decode(audio[foreign], "translate") if foreign else []
            english = dict(zip(foreign, translated, strict=True))
            heard += [Heard(each, found[row], english.get(row)) for row, each in enumerate(part)]
        return heard

    @torch.inference_mode()
    def _encode(self, window: torch.Tensor) -> torch.Tensor:
        audio: torch.Tensor = self.model.encoder(window)
        return audio

    def _decode(self, audio: torch.Tensor, task: Task) -> list[Decoded]:
        """Greedily, without times; nothing is forbidden that a text may hold."""
        options = Options(
            task,
            timestamps=False,
            suppress_blank=False,
            suppress_annotations=False,
            most_tokens=self.model.dims.n_text_ctx,
        )
        return decode(self.model, self.tokenizer, audio, options)


def _translatable(each: Utterance) -> bool:
    return each.language != "en" and bool(each.english)


def evaluate(listener: Listener, speech: Shards, seed: int) -> Evaluation:
    """Measure all held-out splits that the corpus has.

    Args:
        listener: the model.
        speech: the whole corpus; baselines are made from its training split.
        seed: of the random baseline.
    """
    metrics: dict[str, float] = {}
    everything: dict[str, list[Heard]] = {}
    for held in HELD_OUT:
        utterances, too_long = _read(speech.select(split=held.split), listener.model.dims.seconds)
        if not utterances:
            continue
        heard = listener.hear(speech, utterances)
        trained, _ = _read(speech.select(split="train", source=held.trained))
        everything[held.split] = heard
        found = {**measure(heard), **_baselines(heard, trained, seed), "too_long": float(too_long)}
        found["worst_task"] = worst_task(found)
        metrics |= {f"{held.split}/{name}": value for name, value in found.items()}
    return Evaluation(metrics, _figures(listener, speech, everything, metrics), _tables(everything))


def measure(heard: Sequence[Heard]) -> dict[str, float]:
    """Error rates of transcripts and translations, and how often the language is found."""
    rates = error_rates([each.said.text for each in heard], [each.found.text for each in heard])
    right = sum(each.found.language == each.said.language for each in heard)
    metrics = {
        "count": float(len(heard)),
        "wer": rates.wer,
        "cer": rates.cer,
        "exact": rates.exact,
        "language_accuracy": right / len(heard),
    }
    pairs = [(each.said.english, each.english.text) for each in heard if each.said.english and each.english]
    if pairs:
        translated = error_rates([said for said, _ in pairs], [found for _, found in pairs])
        metrics |= {"translate_wer": translated.wer, "translate_exact": translated.exact}
    return metrics


def worst_task(metrics: Mapping[str, float]) -> float:
    """The errors of the worst task as a share of those made without hearing; 1 is no better."""
    shares = [
        metrics[name] / metrics[f"{name}_baseline"]
        for name in ("wer", "translate_wer")
        if metrics.get(f"{name}_baseline")
    ]
    if metrics["language_baseline"] < 1:
        shares.append((1 - metrics["language_accuracy"]) / (1 - metrics["language_baseline"]))
    return max(shares)


def _read(shards: Shards, longest: float | None = None) -> tuple[list[Utterance], int]:
    """The utterances that a window holds, and how many it does not."""
    everything = [utterance(sample.record) for sample in shards]
    fitting = [
        each for each in everything if longest is None or each.frames <= longest * mel.FRAMES_PER_SECOND
    ]
    return fitting, len(everything) - len(fitting)


def _baselines(heard: Sequence[Heard], trained: Sequence[Utterance], seed: int) -> dict[str, float]:
    """What the trivial answers score; `..._baseline` is the better of them."""
    spoken = Baselines((each.language, each.text) for each in trained)
    english = Baselines((each.language, each.english) for each in trained if each.english)
    said = [each.said for each in heard]
    metrics = _trivial(spoken, [(each.language, each.text) for each in said], seed, "")
    pairs = [(each.language, each.english or "") for each in said if _translatable(each)]
    if pairs:
        metrics |= _trivial(english, pairs, seed, "translate_")
    languages = [each.language for each in said]
    metrics["language_baseline"] = max(languages.count(code) for code in set(languages)) / len(languages)
    return metrics


def _trivial(
    baselines: Baselines, pairs: Sequence[tuple[str, str]], seed: int, prefix: str
) -> dict[str, float]:
    references = [text for _, text in pairs]
    constant = error_rates(references, [baselines.constant(language) for language, _ in pairs])
    drawn = [baselines.random(language, text, seed, row) for row, (language, text) in enumerate(pairs)]
    random = error_rates(references, drawn)
    return {
        f"{prefix}wer_constant": constant.wer,
        f"{prefix}wer_random": random.wer,
        f"{prefix}wer_baseline": min(constant.wer, random.wer),
        f"{prefix}cer_baseline": min(constant.cer, random.cer),
    }


def _figures(
    listener: Listener, speech: Shards, heard: Mapping[str, list[Heard]], metrics: Mapping[str, float]
) -> dict[str, Figure]:
    found = {"error_rates": figures.error_rates(metrics, list(heard))}
    if strings := heard.get(STRINGS):
        found["errors_by_length"] = figures.by_length(wer_by_length(strings))
        longest = max(strings, key=lambda each: (len(each.said.words), each.said.key))
        found["alignment"] = _alignment(listener, speech, longest)
    return found


def wer_by_length(heard: Sequence[Heard]) -> dict[int, float]:
    """Word error rate of the utterances with each number of words."""
    groups: dict[int, list[Heard]] = {}
    for each in heard:
        groups.setdefault(len(each.said.text.split()), []).append(each)
    return {
        length: error_rates([each.said.text for each in group], [each.found.text for each in group]).wer
        for length, group in sorted(groups.items())
    }


def _alignment(listener: Listener, speech: Shards, each: Heard) -> Figure:
    """Where the decoder listens while it writes each token, beside the sound and its words."""
    special, tokenizer = listener.tokenizer.special, listener.tokenizer
    window = listener.windows(speech, [each.said.key])
    head = special.opening(each.found.language, "transcribe")
    tokens = [*head, special.no_timestamps, *each.found.tokens]
    with torch.inference_mode():
        audio = listener.model.encoder(window)
        batch = torch.tensor([tokens], device=window.device)
        weights = listener.model.decoder.alignments(batch, audio)[0]
    # the position that reads token n - 1 is the one that writes token n
    written = weights.mean(dim=(0, 1))[len(head) : -1].cpu().numpy()
    labels = [tokenizer.decode([token]) for token in each.found.tokens]
    words = [(word.text, word.start, word.end) for word in each.said.words]
    return figures.alignment(window[0].cpu().numpy(), written, labels, words, each.said.frames)


def _tables(heard: Mapping[str, list[Heard]]) -> dict[str, pd.DataFrame]:
    """Transcripts spread evenly over each split, in the order of their keys, good and bad alike."""
    rows = [
        {
            "split": split,
            "key": each.said.key,
            "language": each.said.language,
            "heard_as": each.found.language,
            "reference": normalise(each.said.text),
            "hypothesis": normalise(each.found.text),
            "english": each.english.text if each.english else "",
        }
        for split, everything in heard.items()
        for each in everything[:: max(1, len(everything) // _SHOWN)][:_SHOWN]
    ]
    return {"transcripts": pd.DataFrame(rows)}
