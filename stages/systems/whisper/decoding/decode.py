"""Decode windows: the language where it is not given, then the text, then the best of what was found.

Source: Radford et al. 2022, sections 2.3 and 4.5, and the released decoder's order of decisions.
Shapes: B windows, K candidates of each, R = B * K rows, N tokens, T audio positions, V vocabulary.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stages.core import seeds
from stages.systems.whisper.decoding.options import Options
from stages.systems.whisper.decoding.rules import Rule, make_rules
from stages.systems.whisper.decoding.search import BeamSearch, Hypothesis, Sampling, Search
from stages.systems.whisper.model import Cache, Whisper
from stages.systems.whisper.special import TIMESTAMP_STEP
from stages.systems.whisper.tokenizer import Tokenizer


@dataclass(frozen=True)
class Decoded:
    """What the model hears in one window.

    Attributes:
        language: given or found.
        tokens: text and timestamps, without the tokens before them and the end.
        text: without timestamps.
        average: mean log-probability of the tokens and the end.
        no_speech: probability, at the first position, that nobody speaks.
        compression: bytes of the text over its compressed bytes; loops compress well.
        temperature: at which it was decoded.
    """

    language: str
    tokens: tuple[int, ...]
    text: str
    average: float
    no_speech: float
    compression: float
    temperature: float


@torch.inference_mode()
def decode(
    model: Whisper,
    tokenizer: Tokenizer,
    audio: Tensor,
    options: Options,
    *,
    languages: Sequence[str] | None = None,
    seed: int = 0,
) -> list[Decoded]:
    """Decode windows side by side.

    Args:
        model: in evaluation mode.
        tokenizer: its vocabulary.
        audio: the encoder's output [B, T, D].
        options: for all windows.
        languages: of each window; else the options' language, or what the model finds.
        seed: of the draws above temperature 0.

    Raises:
        BadDataError: the vocabulary has no such language.
    """
    spoken = list(languages or _find_languages(model, tokenizer, audio, options))
    opening = [_opening(model, tokenizer, options, language) for language in spoken]
    search = _make_search(len(audio), options, tokenizer.special.end_of_text, seed)
    rules = make_rules(tokenizer, options, TIMESTAMP_STEP, audio.device)
    most = options.most_tokens or model.dims.n_text_ctx // 2
    cache = Cache()
    states = model.decoder.states(torch.tensor(opening, device=audio.device), audio, cache)
    first = model.decoder.logits(states[:, opening[0].index(tokenizer.special.start_of_transcript)])
    _grow(model, audio, cache, states[:, -1], search=search, rules=rules, most=most)
    no_speech = first.softmax(dim=-1)[:, tokenizer.special.no_speech].tolist()
    best = [_best(found, options.length_penalty) for found in search.hypotheses()]
    return [
        _describe(tokenizer, hypothesis, language, silent, options.temperature)
        for hypothesis, language, silent in zip(best, spoken, no_speech, strict=True)
    ]


@torch.inference_mode()
def detect_languages(model: Whisper, tokenizer: Tokenizer, audio: Tensor) -> list[dict[str, float]]:
    """The probability of each language by window, from one step after startoftranscript.

    Args:
        model: in evaluation mode; a multilingual one.
        tokenizer: its vocabulary.
        audio: the encoder's output [B, T, D].
    """
    special = tokenizer.special
    start = torch.full((len(audio), 1), special.start_of_transcript, device=audio.device)
    begin = special.first + 2
    scores = model.decoder(start, audio)[:, 0, begin : begin + len(special.languages)].softmax(dim=-1)
    return [dict(zip(special.languages, row, strict=True)) for row in scores.tolist()]


def compression_ratio(text: str) -> float:
    """Bytes of a text over those that zlib makes of it; above 2.4, it most likely repeats itself."""
    content = text.encode()
    return len(content) / len(zlib.compress(content))


def _find_languages(model: Whisper, tokenizer: Tokenizer, audio: Tensor, options: Options) -> list[str]:
    if options.language or not tokenizer.special.multilingual:
        return [options.language or "en"] * len(audio)
    return [max(found, key=found.__getitem__) for found in detect_languages(model, tokenizer, audio)]


def _opening(model: Whisper, tokenizer: Tokenizer, options: Options, language: str) -> list[int]:
    """What stands before the first sampled token."""
    special, half = tokenizer.special, model.dims.n_text_ctx // 2
    previous = [special.start_of_previous, *options.prompt[-(half - 1) :]] if options.prompt else []
    times = [] if options.timestamps else [special.no_timestamps]
    room = half - (options.most_tokens or half)
    prefix = options.prefix[-room:] if room else options.prefix
    return [*previous, *special.opening(language, options.task), *times, *prefix]


def _make_search(windows: int, options: Options, end: int, seed: int) -> Search:
    if options.beam_size is not None:
        return BeamSearch(windows, options.beam_size, options.patience or 1.0, end)
    draws = seeds.fold(seed, "whisper", "decode", str(options.temperature))
    return Sampling(windows * options.candidates, options.candidates, options.temperature, end, draws)


def _grow(
    model: Whisper,
    audio: Tensor,
    cache: Cache,
    states: Tensor,
    *,
    search: Search,
    rules: Sequence[Rule],
    most: int,
) -> None:
    """Let a search grow its rows after an opening whose last states are [B, D], by at most `most` tokens."""
    decoder, windows = model.decoder, torch.arange(len(states), device=audio.device)
    rows = windows.repeat_interleave(len(search.rows) // len(states))
    cache.reorder(rows)
    logits = decoder.logits(states)[rows]
    for _ in range(most - 1):
        sources = _choose(search, rules, logits)
        if search.done or cache.length == model.dims.n_text_ctx:
            return
        if sources is not None:
            cache.reorder(sources)
        tokens = torch.tensor([[row[-1]] for row in search.rows], device=audio.device)
        logits = decoder.logits(decoder.states(tokens, audio, cache)[:, -1])
    _choose(search, rules, logits)


def _choose(search: Search, rules: Sequence[Rule], logits: Tensor) -> Tensor | None:
    for rule in rules:
        rule(logits, search.rows)
    return search.advance(logits)


def _best(found: Sequence[Hypothesis], length_penalty: float | None) -> Hypothesis:
    """The likeliest hypothesis for its length."""

    def score(hypothesis: Hypothesis) -> float:
        length = float(max(1, len(hypothesis.tokens)))
        if length_penalty is not None:
            length = float(((5 + length) / 6) ** length_penalty)
        return hypothesis.log_probability / length

    return max(found, key=score)


def _describe(
    tokenizer: Tokenizer, hypothesis: Hypothesis, language: str, no_speech: float, temperature: float
) -> Decoded:
    text = tokenizer.decode(hypothesis.tokens).strip()
    average = hypothesis.log_probability / (len(hypothesis.tokens) + 1)
    ratio = compression_ratio(text)
    return Decoded(language, hypothesis.tokens, text, average, no_speech, ratio, temperature)
