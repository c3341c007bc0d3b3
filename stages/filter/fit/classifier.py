"""A classifier of unwanted pictures that misses hardly any, from a few thousand labels.

A third of the labels is held out by a hash of their keys. On it the border is moved until so few of the
unwanted are missed that their share is below the bound with a confidence of 95 %, by the exact binomial
test: with a bound of 1 % none of 299 may be missed, or 1 of 473. Source: Nichol et al., "GLIDE: Towards
Photorealistic Image Generation and Editing with Text-Guided Diffusion Models", 2021, appendix F, which
lowers the bias until there are fewer than 1 % of false negatives.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from sklearn.svm import SVC

from stages.core.errors import BadDataError
from stages.core.seeds import fraction
from stages.filter.learned.embeddings import Matrix
from stages.filter.learned.svm import Svm

_HELD_OUT = 1 / 3
_CONFIDENCE = 0.95
_MARGIN = 1e-6  # of a score: what lies on the border is found whatever the order of a sum

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Outcome:
    """What a classifier does to the labels that were held out.

    Attributes:
        unwanted: how many there are.
        missed: how many of them pass.
        wanted: how many others there are.
        lost: how many of them are dropped.
    """

    unwanted: int
    missed: int
    wanted: int
    lost: int


def fit_classifier(
    keys: list[str], embeddings: Matrix, unwanted: Flags, *, missed: float, seed: int
) -> tuple[Svm, Outcome]:
    """Learn a border and move it outwards.

    Args:
        keys: of the labelled samples, sorted.
        embeddings: float64 [keys, width].
        unwanted: bool [keys].
        missed: the share of the unwanted that may pass.
        seed: the root seed.

    Raises:
        BadDataError: there are too few unwanted ones to tell, or no others.
    """
    held_out = np.array([fraction(seed, "classifier", key) < _HELD_OUT for key in keys])
    if not (unwanted & ~held_out).any() or not (~unwanted & ~held_out).any():
        raise BadDataError("labels: both wanted and unwanted samples are needed")
    svm = _machine(embeddings[~held_out], unwanted[~held_out])
    scores = np.sort(svm.score(embeddings[held_out & unwanted]))
    border = min(0.0, float(scores[allowed_misses(len(scores), missed)])) - _MARGIN
    moved = replace(svm, bias=svm.bias - border)
    dropped = moved.score(embeddings[held_out]) >= 0
    truth = unwanted[held_out]
    counts = (truth.sum(), (truth & ~dropped).sum(), (~truth).sum(), (~truth & dropped).sum())
    return moved, Outcome(*map(int, counts))


def allowed_misses(count: int, share: float) -> int:
    """The most misses among `count` that show a share of misses below `share`.

    Raises:
        BadDataError: not even none would show it.
    """
    chance, misses = 0.0, -1
    while chance <= 1 - _CONFIDENCE:
        misses += 1
        chance += _chance(misses, count, share)
    if misses == 0:
        needed = math.ceil(math.log(1 - _CONFIDENCE) / math.log(1 - share))
        raise BadDataError(
            f"labels: {count} unwanted samples are held out, and {needed} are the fewest that show a share "
            f"of misses below {share:g}; label about {math.ceil(needed / _HELD_OUT)} unwanted samples in all"
        )
    return misses - 1


def _chance(misses: int, count: int, share: float) -> float:
    """The binomial probability of so many misses; by logarithms, since the coefficients are huge."""
    ways = math.lgamma(count + 1) - math.lgamma(misses + 1) - math.lgamma(count - misses + 1)
    return math.exp(ways + misses * math.log(share) + (count - misses) * math.log1p(-share))


def _machine(embeddings: Matrix, unwanted: Flags) -> Svm:
    learned = SVC(kernel="rbf", gamma="scale", class_weight="balanced").fit(embeddings, unwanted)
    gamma = 1 / (embeddings.shape[1] * embeddings.var())  # what `scale` means
    return Svm(
        np.ascontiguousarray(learned.support_vectors_),
        np.ascontiguousarray(learned.dual_coef_[0]),
        float(gamma),
        float(learned.intercept_[0]),
    )
