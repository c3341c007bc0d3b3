"""Which token may come next: rules on logits, in the order of the released decoder.

Source: Radford et al. 2022, section 2.3 (format) and 4.5 (the strategies for long audio).
Shapes: R rows, V vocabulary.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from stages.systems.whisper.decoding.options import Options
from stages.systems.whisper.special import SpecialTokens
from stages.systems.whisper.tokenizer import Tokenizer

Rule = Callable[[Tensor, Sequence[Sequence[int]]], None]
"""Sets forbidden logits [R, V] to -inf in place, given what each row has sampled so far."""


def make_rules(tokenizer: Tokenizer, options: Options, precision: float, device: torch.device) -> list[Rule]:
    """The rules that options ask for.

    Args:
        tokenizer: the vocabulary.
        options: of the decoding.
        precision: seconds between two timestamps.
        device: of the logits.
    """
    rules: list[Rule] = []
    if options.suppress_blank:
        rules.append(_no_blank(tokenizer, device))
    rules.append(_no_controls(tokenizer, device, annotations=options.suppress_annotations))
    if options.timestamps:
        latest = None if options.latest_start is None else round(options.latest_start / precision)
        rules.append(timestamp_rule(tokenizer.special, latest))
    return rules


def _no_blank(tokenizer: Tokenizer, device: torch.device) -> Rule:
    """The output does not begin with a space, and is not empty."""
    blank = torch.tensor([*tokenizer.encode(" "), tokenizer.special.end_of_text], device=device)

    def rule(logits: Tensor, sampled: Sequence[Sequence[int]]) -> None:
        if not sampled[0]:
            logits[:, blank] = -torch.inf

    return rule


def _no_controls(tokenizer: Tokenizer, device: torch.device, *, annotations: bool) -> Rule:
    """No token in the text that opens something else; no annotation if it is not wanted."""
    special = tokenizer.special
    forbidden = [
        special.start_of_transcript,
        special.translate,
        special.transcribe,
        special.start_of_lm,
        special.start_of_previous,
        special.no_speech,
        *(tokenizer.annotations if annotations else ()),
    ]
    suppressed = torch.tensor(forbidden, device=device)

    def rule(logits: Tensor, _: Sequence[Sequence[int]]) -> None:
        logits[:, suppressed] = -torch.inf

    return rule


def timestamp_rule(special: SpecialTokens, latest: int | None) -> Rule:
    """Times come in pairs around text, first and last, and do not run backwards.

    If all timestamps together are likelier than any single text token, one of them it is.

    Args:
        special: the ids.
        latest: index of the latest first timestamp; None for no bound.
    """
    begin, end = special.timestamp_begin, special.end_of_text

    def rule(logits: Tensor, sampled: Sequence[Sequence[int]]) -> None:
        logits[:, special.no_timestamps] = -torch.inf
        for row, tokens in enumerate(sampled):
            _order_times(logits[row], tokens, begin, end)
        if not sampled[0]:
            logits[:, :begin] = -torch.inf
            if latest is not None:
                logits[:, begin + latest + 1 :] = -torch.inf
        log_probabilities = logits.log_softmax(dim=-1)
        times = log_probabilities[:, begin:].logsumexp(dim=-1)
        surer = times > log_probabilities[:, :begin].amax(dim=-1)
        logits[:, :begin].masked_fill_(surer[:, None], -torch.inf)

    return rule


def _order_times(logits: Tensor, tokens: Sequence[int], begin: int, end: int) -> None:
    """Forbid in one row [V] what would break a pair or go back in time."""
    if tokens and tokens[-1] >= begin:
        if len(tokens) < 2 or tokens[-2] >= begin:  # a pair is complete: text follows
            logits[begin:] = -torch.inf
        else:  # text has ended: its time was given, and the next text's or the end follows
            logits[:end] = -torch.inf
    times = [token for token in tokens if token >= begin]
    if not times:
        return
    closing = tokens[-1] >= begin and not (len(tokens) < 2 or tokens[-2] >= begin)
    logits[begin : times[-1] + (not closing)] = -torch.inf
