"""The sequence a window of audio is trained to yield: the paper's multitask format.

Source: Radford et al. 2022, section 2.3 and figure 1. In the paper's notation:

    [startofprev, previous text]? startoftranscript
        ( nospeech
        | language (transcribe|translate) (notimestamps text | (begin text end)* [begin]?) )
        endoftext

Everything is predicted, the language included, but for the previous text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stages.core.records import Segment
from stages.systems.whisper.special import Task
from stages.systems.whisper.tokenizer import Tokenizer

IGNORED = -100  # the label that torch's cross-entropy leaves out


@dataclass(frozen=True)
class Target:
    """A whole sequence, of which the first `given` tokens are input only.

    Attributes:
        tokens: from startofprev or startoftranscript to endoftext.
        given: number of leading tokens that are not predicted: previous text and startoftranscript.
    """

    tokens: tuple[int, ...]
    given: int


def silence(tokenizer: Tokenizer) -> Target:
    """A window in which nobody speaks."""
    special = tokenizer.special
    return Target((special.start_of_transcript, special.no_speech, special.end_of_text), given=1)


def plain(
    tokenizer: Tokenizer,
    text: str,
    language: str,
    task: Task = "transcribe",
    previous: str | None = None,
) -> Target:
    """A window's text without times."""
    special = tokenizer.special
    body = [special.no_timestamps, *tokenizer.encode(" " + text)]
    return _assemble(tokenizer, language, task, body, previous)


def timed(
    tokenizer: Tokenizer,
    segments: Sequence[Segment],
    language: str,
    *,
    window: float,
    task: Task = "transcribe",
    previous: str | None = None,
) -> Target:
    """A window's text with times relative to its start.

    Args:
        tokenizer: the vocabulary.
        segments: in order of time; those that start beyond the window are left out, and of one that the
            window's end cuts only the start is predicted, without its text.
        language: of the audio.
        window: the window's length in seconds.
        task: whether the segments' texts are transcripts or translations.
        previous: the text before the window.
    """
    special, body = tokenizer.special, list[int]()
    for segment in segments:
        if segment.start >= window:
            break
        body.append(special.timestamp(segment.start))
        if segment.end > window:
            break
        body += [*tokenizer.encode(" " + segment.text), special.timestamp(segment.end)]
    return _assemble(tokenizer, language, task, body, previous)


def _assemble(
    tokenizer: Tokenizer, language: str, task: Task, body: list[int], previous: str | None
) -> Target:
    special = tokenizer.special
    before = [special.start_of_previous, *tokenizer.encode(" " + previous)] if previous else []
    head = special.opening(language, task)
    return Target((*before, *head, *body, special.end_of_text), given=len(before) + 1)


def collate(targets: Sequence[Target], padding: int) -> tuple[Tensor, Tensor]:
    """Input tokens and their labels, int64 [B, N] each, padded to the longest.

    Args:
        targets: the batch.
        padding: an id to fill inputs with; its labels are ignored.
    """
    longest = max(len(target.tokens) for target in targets) - 1
    tokens = torch.full((len(targets), longest), padding)
    labels = torch.full((len(targets), longest), IGNORED)
    for row, target in enumerate(targets):
        length = len(target.tokens) - 1
        sequence = torch.tensor(target.tokens)
        tokens[row, :length] = sequence[:-1]
        labels[row, target.given - 1 : length] = sequence[target.given :]
    return tokens, labels
