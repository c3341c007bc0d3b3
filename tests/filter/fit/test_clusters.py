"""Planted heaps become clusters, and only those where the target is are marked."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.errors import BadConfigError, BadDataError
from stages.filter.fit.clusters import fit_clusters, k_means
from stages.filter.learned.clusters import Clusters, nearest

WIDTH = 8


def heap(axis: int, count: int, seed: int) -> np.ndarray:
    rows = np.eye(WIDTH)[axis] + np.random.default_rng(seed).normal(0, 0.05, (count, WIDTH))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


POOL = np.concatenate([heap(axis, 100, axis) for axis in range(4)])
TARGET = np.concatenate([heap(1, 5, 11), heap(2, 5, 12)])


def test_samples_near_the_target_are_told_from_the_others() -> None:
    clusters = fit_clusters(POOL, TARGET, 40, seed=3)
    fresh = np.concatenate([heap(axis, 50, 20 + axis) for axis in range(4)])
    near = clusters.targeted[clusters.nearest(fresh)].reshape(4, 50)
    assert not near[[0, 3]].any()  # of another heap, none
    assert near[[1, 2]].mean() > 0.3  # of its own, those whose cluster it hits: ten targets, ten clusters


def test_centroids_are_the_directions_of_their_rows() -> None:
    centroids = k_means(POOL, 12, seed=3)
    labels = nearest(POOL, centroids)
    for number in range(12):
        mean = POOL[labels == number].mean(axis=0)
        np.testing.assert_allclose(centroids[number], mean / np.linalg.norm(mean), atol=1e-9)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        fit_clusters(POOL, TARGET, 12, seed=3).save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    again = Clusters.load(tmp_path / "one")
    assert again.targeted.sum() == fit_clusters(POOL, TARGET, 12, seed=3).targeted.sum()


def test_ties_go_to_the_first_cluster() -> None:
    assert nearest(np.eye(2)[:1], np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])).tolist() == [1]


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 30))
def test_any_number_of_clusters_up_to_that_of_samples(count: int) -> None:
    clusters = fit_clusters(POOL[::14], TARGET, min(count, len(POOL[::14])), seed=3)
    assert clusters.targeted.any()
    np.testing.assert_allclose(np.linalg.norm(clusters.centroids, axis=1), 1)


def test_more_clusters_than_samples_and_other_widths_are_refused() -> None:
    with pytest.raises(BadConfigError, match="500 clusters of 400 samples"):
        fit_clusters(POOL, TARGET, 500, seed=3)
    with pytest.raises(BadConfigError, match="8 numbers, the target's 4"):
        fit_clusters(POOL, TARGET[:, :4], 5, seed=3)


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"none")
    with pytest.raises(BadDataError, match="x: no clusters"):
        Clusters.load(tmp_path / "x")
