"""Greedy decoding, with the language found first where it is not given.

Source: Radford et al. 2022, section 2.3, and the released decoder's order of decisions: one step from
startoftranscript names the language and says whether anybody speaks, then the text follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stages.systems.whisper.model import Cache, Whisper
from stages.systems.whisper.targets import Task
from stages.systems.whisper.tokenizer import SpecialTokens, Tokenizer


@dataclass(frozen=True)
class Transcript:
    """What the model hears in one window.

    Attributes:
        language: given or found.
        tokens: text and timestamps, without the tokens before them and the end.
        text: without timestamps.
        no_speech: probability, at the first position, that nobody speaks.
    """

    language: str
    tokens: tuple[int, ...]
    text: str
    no_speech: float


@torch.inference_mode()
def transcribe(
    model: Whisper,
    tokenizer: Tokenizer,
    mel: Tensor,
    task: Task = "transcribe",
    languages: Sequence[str] | None = None,
    *,
    timestamps: bool = False,
) -> list[Transcript]:
    """Decode windows greedily.

    Args:
        model: in evaluation mode.
        tokenizer: its vocabulary.
        mel: normalised, [B, M, F], on the model's device.
        task: transcribe, or translate into English.
        languages: of each window; found by the model if they are not given.
        timestamps: whether to predict times too.
    """
    special = tokenizer.special
    audio = model.encoder(mel)
    first = _first_logits(model, special, audio)
    found = [special.language(code) for code in languages] if languages else find_languages(first, special)
    prompt = torch.full((len(found), 3), special.start_of_transcript, device=mel.device)
    prompt[:, 1] = torch.tensor(found)
    prompt[:, 2] = special.translate if task == "translate" else special.transcribe
    if not timestamps:
        prompt = torch.nn.functional.pad(prompt, (0, 1), value=special.no_timestamps)
    rows = greedy(
        model, prompt, audio, _allowed(special, mel.device, timestamps=timestamps), special.end_of_text
    )
    no_speech = first.softmax(dim=-1)[:, special.no_speech].tolist()
    return [
        Transcript(str(special.language_of(language)), tuple(row), tokenizer.decode(row).strip(), silent)
        for language, row, silent in zip(found, rows, no_speech, strict=True)
    ]


def find_languages(first: Tensor, special: SpecialTokens) -> list[int]:
    """The likeliest language's id per row of logits [B, V] after startoftranscript."""
    begin = special.first + 2
    scores = first[:, begin : begin + len(special.languages)]
    return [begin + int(index) for index in scores.argmax(dim=-1)]


@torch.inference_mode()
def language_probabilities(model: Whisper, special: SpecialTokens, mel: Tensor) -> Tensor:
    """How likely each language is, in the order of `special.languages`: [B, languages] of mel [B, M, F]."""
    begin = special.first + 2
    first = _first_logits(model, special, model.encoder(mel))
    return first[:, begin : begin + len(special.languages)].softmax(dim=-1)


def greedy(model: Whisper, prompt: Tensor, audio: Tensor, allowed: Tensor, end: int) -> list[list[int]]:
    """Follow the likeliest allowed token until the end or the last position.

    Args:
        model: in evaluation mode.
        prompt: tokens [B, N] that every row begins with.
        audio: the encoder's output [B, T, D].
        allowed: bool [V].
        end: the id that closes a row.

    Returns:
        The tokens after the prompt, without the end.
    """
    cache, tokens = Cache(), prompt
    rows: list[list[int]] = [[] for _ in range(prompt.shape[0])]
    open_rows = set(range(len(rows)))
    while open_rows and cache.length + tokens.shape[1] <= model.dims.n_text_ctx:
        logits = model.decoder(tokens, audio, cache)[:, -1]
        tokens = logits.masked_fill(~allowed, -torch.inf).argmax(dim=-1, keepdim=True)
        for row, token in enumerate(tokens[:, 0].tolist()):
            if token == end:
                open_rows.discard(row)
            elif row in open_rows:
                rows[row].append(token)
    return rows


def _first_logits(model: Whisper, special: SpecialTokens, audio: Tensor) -> Tensor:
    start = torch.full((audio.shape[0], 1), special.start_of_transcript, device=audio.device)
    logits: Tensor = model.decoder(start, audio)
    return logits[:, 0]


def _allowed(special: SpecialTokens, device: torch.device, *, timestamps: bool) -> Tensor:
    """Text and the end, and times if they are wanted; control tokens never."""
    allowed = torch.zeros(special.size, dtype=torch.bool, device=device)
    allowed[: special.first + 1] = True
    if timestamps:
        allowed[special.timestamp_begin :] = True
    return allowed
