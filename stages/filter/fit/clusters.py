"""Clusters of a pool by spherical k-means, and which of them a target set falls into.

Source: Gadre et al., "DataComp: In search of the next generation of multimodal datasets", 2023, section 5:
100,000 clusters of the pool's embeddings, of which those count that are nearest to a training picture of
ImageNet.
"""

import numpy as np

from stages.core.errors import BadConfigError
from stages.core.seeds import generator
from stages.filter.learned.clusters import Clusters, nearest
from stages.filter.learned.embeddings import Matrix

_ROUNDS = 25


def fit_clusters(pool: Matrix, target: Matrix, count: int, seed: int) -> Clusters:
    """Cluster the pool, then look where the target falls.

    Args:
        pool: float64 [samples, width], of unit length, in key order.
        target: float64 [samples, width], of the same CLIP.
        count: of clusters.
        seed: the root seed.

    Raises:
        BadConfigError: there are more clusters than samples, or the widths differ.
    """
    if count > len(pool):
        raise BadConfigError(f"--count: {count} clusters of {len(pool)} samples; ask for fewer")
    if pool.shape[1] != target.shape[1]:
        raise BadConfigError(
            f"the pool's embeddings have {pool.shape[1]} numbers, the target's {target.shape[1]}"
        )
    centroids = k_means(pool, count, seed)
    targeted = np.zeros(count, bool)
    targeted[nearest(target, centroids)] = True
    return Clusters(centroids, targeted)


def k_means(rows: Matrix, count: int, seed: int) -> Matrix:
    """Centroids of unit length, each the direction of the rows that are nearest to it.

    Args:
        rows: float64 [rows, width], of unit length.
        count: of clusters; the first centroids are as many rows, drawn by the seed.
        seed: the root seed.

    Returns:
        float64 [count, width]. A cluster that has lost its rows keeps its place.
    """
    first = generator(seed, "clusters").choice(len(rows), count, replace=False)
    centroids, labels = rows[np.sort(first)], np.full(len(rows), -1)
    for _ in range(_ROUNDS):
        before, labels = labels, nearest(rows, centroids)
        if (before == labels).all():
            break
        sums = np.zeros_like(centroids)
        np.add.at(sums, labels, rows)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centroids = np.where(lengths > 0, sums / np.maximum(lengths, np.finfo(float).tiny), centroids)
    return centroids
