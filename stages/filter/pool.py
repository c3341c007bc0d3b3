"""Thresholds that are a share of the pool, as the values that they stand for.

They are found before any rule is asked, over every readable sample, so that no other rule moves them. Source:
Gadre et al., "DataComp: In search of the next generation of multimodal datasets", 2023, and its
`get_threshold`.
"""

from collections.abc import Sequence
from pathlib import Path

from stages.filter.database import bounded_database
from stages.filter.params import FilterParams

_POOL = "FROM read_parquet($paths) WHERE error IS NULL"
_RANKED = f"SELECT clip_score {_POOL} ORDER BY clip_score DESC NULLS LAST LIMIT 1 OFFSET $rank"


def resolved(params: FilterParams, tables: Sequence[Path], work: Path) -> FilterParams:
    """The same filter with the cosine in place of the share of `low_clip_score`.

    Args:
        params: what is asked.
        tables: every scored table of the corpus.
        work: a folder in which sorting may spill; it is gone afterwards.

    Raises:
        TryAgainError: neither memory nor disk suffice.
    """
    rule = params.rules.low_clip_score
    if rule is None or rule.share is None:
        return params
    known = rule.model_copy(update={"share": None, "cosine": top_score(tables, rule.share, work)})
    return params.model_copy(update={"rules": params.rules.model_copy(update={"low_clip_score": known})})


def top_score(tables: Sequence[Path], share: float, work: Path) -> float:
    """The CLIP score of rank int(pairs * share), counted from 0 at the highest.

    All pairs of that score are kept, so that ties go beyond the share and never below it. If so many pairs
    have no score, it is the lowest that there can be.
    """
    paths = [str(path) for path in tables]
    with bounded_database(work) as database:
        pairs = database.execute(f"SELECT count(*) {_POOL}", {"paths": paths}).fetchall()[0][0]
        ranked = database.execute(_RANKED, {"paths": paths, "rank": int(pairs * share)}).fetchall()
    return -1.0 if not ranked or ranked[0][0] is None else float(ranked[0][0])
