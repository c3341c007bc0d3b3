"""Classification and retrieval by the words alone: features, rankings, and how sure they are.

Shapes: I images, T texts, C classes, P prompt templates, E channels.

Source: Radford et al., 2021, sections 3.1 (zero-shot transfer) and 3.1.4 (prompt ensembles).
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from stages.systems.clip.model import Clip
from stages.systems.clip.preprocess import normalise
from stages.systems.clip.tokenizer import Tokenizer

_ROWS = 256  # encoded at once
_NORMAL_95 = 1.959964  # two-sided 95 % quantile of the normal distribution


@torch.inference_mode()
def image_features(model: Clip, images: Tensor, device: torch.device) -> Tensor:
    """Unit features float32 [I, E] on the CPU of uint8 images [I, 3, S, S]."""
    starts = range(0, max(1, len(images)), _ROWS)
    parts = [model.encode_image(normalise(images[start : start + _ROWS].to(device))) for start in starts]
    return F.normalize(torch.cat(parts).float(), dim=-1).cpu()


@torch.inference_mode()
def text_features(model: Clip, tokenizer: Tokenizer, texts: Sequence[str], device: torch.device) -> Tensor:
    """Unit features float32 [T, E] on the CPU.

    Raises:
        ValueError: there are no texts.
    """
    starts = range(0, max(1, len(texts)), _ROWS)
    parts = [model.encode_text(tokenizer(texts[start : start + _ROWS]).to(device)) for start in starts]
    return F.normalize(torch.cat(parts).float(), dim=-1).cpu()


def classifier(
    model: Clip,
    tokenizer: Tokenizer,
    names: Sequence[str],
    device: torch.device,
    templates: Sequence[str] = ("{}",),
) -> Tensor:
    """One unit vector per class, [C, E]: the mean of its prompts' unit features.

    Args:
        model: in evaluation mode.
        tokenizer: the model's.
        names: of the classes.
        device: where the model is.
        templates: sentences with `{}` where the name goes.

    Raises:
        ValueError: there are no names or no templates.
    """
    prompts = [template.format(name) for name in names for template in templates]
    features = text_features(model, tokenizer, prompts, device)
    return F.normalize(features.view(len(names), len(templates), -1).mean(dim=1), dim=-1)


def answer_ranks(scores: Tensor, answers: Tensor) -> Tensor:
    """How many classes come before the right one, 0 at best; of equal scores it counts as the last.

    Args:
        scores: [I, C].
        answers: the right class of each image, int64 [I].

    Returns:
        int64 [I].
    """
    own = scores.gather(1, answers[:, None])
    return (scores >= own).sum(dim=1) - 1


def retrieval_ranks(scores: Tensor, is_match: Tensor) -> Tensor:
    """The rank of the best match of each query; any match counts as a hit.

    Args:
        scores: [queries, candidates].
        is_match: bool of the same shape, at least one per row.

    Returns:
        int64 [queries], 0 at best; a tie with a wrong candidate counts against us.
    """
    best = scores.masked_fill(~is_match, -math.inf).amax(dim=1, keepdim=True)
    return ((scores >= best) & ~is_match).sum(dim=1)


def share_within(ranks: Tensor, k: int) -> float:
    """The share of ranks among the first `k`: top-k accuracy, or recall at k."""
    return float((ranks < k).double().mean())


def chance_within(matches: Tensor, candidates: int, k: int) -> float:
    """What `share_within` is on average for candidates in random order.

    Args:
        matches: how many candidates are right, for each query, int64.
        candidates: how many there are.
        k: the first so many count.
    """
    misses = torch.ones(len(matches), dtype=torch.float64)
    for draw in range(min(k, candidates)):
        misses *= ((candidates - matches - draw) / (candidates - draw)).clamp(min=0)
    return float((1 - misses).mean())


def lower_bound(share: float, count: int) -> float:
    """The lower end of Wilson's 95 % interval of a share of `count` independent trials."""
    spread = _NORMAL_95**2 / count
    half = _NORMAL_95 * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    return max(0.0, (share + spread / 2 - half) / (1 + spread))
