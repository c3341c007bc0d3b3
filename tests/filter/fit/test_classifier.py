"""The border misses less than the bound, shown on labels held out and on samples never labelled."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from sklearn.svm import SVC

from stages.core.errors import BadDataError
from stages.filter.fit.classifier import allowed_misses, fit_classifier
from stages.filter.learned.svm import Svm

WIDTH = 16


def planted(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors in two overlapping heaps, half of them unwanted."""
    draw = np.random.default_rng(seed)
    unwanted = np.arange(count) % 2 == 0
    centres = np.where(unwanted[:, None], 1.0, -1.0) * np.eye(WIDTH)[0]
    rows = centres + draw.normal(0, 0.6, (count, WIDTH))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True), unwanted


def keys(count: int) -> list[str]:
    return [f"k{number:05d}" for number in range(count)]


def test_less_than_one_in_a_hundred_is_missed_and_most_others_are_kept() -> None:
    rows, unwanted = planted(3000, seed=1)
    svm, outcome = fit_classifier(keys(3000), rows, unwanted, missed=0.01, seed=3)
    assert outcome.missed / outcome.unwanted < 0.01
    fresh, truth = planted(20000, seed=2)
    dropped = svm.score(fresh) >= 0
    assert (~dropped[truth]).mean() < 0.01
    assert dropped[~truth].mean() < 0.5  # a border that drops everything would miss nothing, too
    plain = SVC(gamma="scale", class_weight="balanced").fit(rows, unwanted)
    assert (~plain.predict(fresh)[truth]).mean() > 0.01  # and it is the bias that does it


def test_a_lower_bound_drops_more() -> None:
    rows, unwanted = planted(3000, seed=1)
    borders = [
        fit_classifier(keys(3000), rows, unwanted, missed=bound, seed=3)[0].bias for bound in (0.01, 0.05)
    ]
    assert borders[0] > borders[1]


def test_the_scores_are_those_of_scikit_learn() -> None:
    rows, unwanted = planted(400, seed=4)
    svm, _ = fit_classifier(keys(400), rows, unwanted, missed=0.1, seed=3)
    other = SVC(gamma=svm.gamma)
    assert svm.support.shape[1] == svm.width == WIDTH
    kernel = np.exp(-svm.gamma * np.square(rows[:, None] - svm.support).sum(axis=2))
    np.testing.assert_allclose(svm.score(rows), kernel @ svm.weights + svm.bias, atol=1e-9)
    plain = other.fit(rows, unwanted)
    same = Svm(plain.support_vectors_, plain.dual_coef_[0], svm.gamma, float(plain.intercept_[0]))
    np.testing.assert_allclose(same.score(rows), plain.decision_function(rows), atol=1e-6)


def test_a_saved_classifier_says_the_same(tmp_path: Path) -> None:
    rows, unwanted = planted(400, seed=4)
    svm, _ = fit_classifier(keys(400), rows, unwanted, missed=0.1, seed=3)
    svm.save(tmp_path / "one.safetensors")
    np.testing.assert_array_equal(Svm.load(tmp_path / "one.safetensors").score(rows), svm.score(rows))
    fit_classifier(keys(400), rows, unwanted, missed=0.1, seed=3)[0].save(tmp_path / "two.safetensors")
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()


def test_too_few_labels_to_tell_are_refused_with_the_number_it_takes() -> None:
    rows, unwanted = planted(400, seed=4)
    with pytest.raises(BadDataError, match=r"299 are the fewest .* label about 897 unwanted samples"):
        fit_classifier(keys(400), rows, unwanted, missed=0.01, seed=3)


def test_one_kind_of_label_is_no_lesson() -> None:
    rows, unwanted = planted(400, seed=4)
    with pytest.raises(BadDataError, match="both wanted and unwanted"):
        fit_classifier(keys(400), rows, np.ones_like(unwanted), missed=0.1, seed=3)


@pytest.mark.parametrize(("count", "misses"), [(299, 0), (472, 0), (473, 1), (628, 2)])
def test_the_misses_that_show_a_share_below_one_in_a_hundred(count: int, misses: int) -> None:
    """By the tables of the exact binomial test at 95 %."""
    assert allowed_misses(count, 0.01) == misses


@settings(max_examples=30, deadline=None)
@given(count=st.integers(400, 3000), share=st.floats(0.01, 0.2))
def test_one_more_miss_would_show_nothing(count: int, share: float) -> None:
    misses = allowed_misses(count, share)
    assert binom.cdf(misses, count, share) <= 0.05 < binom.cdf(misses + 1, count, share)
