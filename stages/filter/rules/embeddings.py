"""Rules about the embedding of a picture by a CLIP: what a classifier says of it, and what it is close to."""

from functools import lru_cache

import pandas as pd

from stages.filter.learned.clusters import Clusters
from stages.filter.learned.embeddings import matrix
from stages.filter.learned.svm import Svm
from stages.filter.pinned import PinnedFile
from stages.filter.rules.base import Rule, Verdict


class Classified(Rule):
    """Drop pictures that a classifier of embeddings calls unwanted: people, violence, symbols of hate.

    Its border is set so that hardly anything unwanted passes, at the price of many good pictures. What passes
    is to be looked at near the border (`value` of what was dropped is small there).
    Source: Nichol et al., "GLIDE", 2021, appendix F.

    Attributes:
        classifier: what `python -m stages.filter.fit classifier` wrote.
    """

    columns = frozenset({"embedding"})

    classifier: PinnedFile

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the distance from the border.

        Raises:
            BadDataError: the classifier is missing, another file, or learned from other embeddings.
        """
        svm = _svm(self.classifier)
        known = rows["embedding"].dropna()
        score = pd.Series(svm.score(matrix(known, svm.width)), index=known.index, dtype=float)
        score = score.reindex(rows.index)
        return Verdict(score >= 0, score)


class OutsideTarget(Rule):
    """Drop pictures that fall into a cluster of the pool where nothing of the target set is.

    Source: Gadre et al., "DataComp: In search of the next generation of multimodal datasets", 2023, section
    5, image-based filtering.

    Attributes:
        clusters: what `python -m stages.filter.fit clusters` wrote.
    """

    columns = frozenset({"embedding"})

    clusters: PinnedFile

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the number of the cluster.

        Raises:
            BadDataError: the clusters are missing, another file, or found among other embeddings.
        """
        clusters = _clusters(self.clusters)
        known = rows["embedding"].dropna()
        numbers = clusters.nearest(matrix(known, clusters.width))
        value = pd.Series(numbers, index=known.index).astype(object).reindex(rows.index)
        outside = pd.Series(~clusters.targeted[numbers], index=known.index, dtype=bool)
        return Verdict(outside.reindex(rows.index, fill_value=False), value)


@lru_cache(maxsize=8)  # asked for each table of a corpus
def _svm(file: PinnedFile) -> Svm:
    return Svm.load(file.verified())


@lru_cache(maxsize=2)
def _clusters(file: PinnedFile) -> Clusters:
    return Clusters.load(file.verified())
