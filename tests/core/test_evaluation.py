"""How claims are judged."""

import pytest

from stages.core.evaluation import Claim

METRICS = {"wer": 0.1, "chance": 0.3}


@pytest.mark.parametrize(
    ("relation", "reference", "verdict"),
    [
        ("<", 0.2, "holds"),
        ("<", 0.1, "does not hold"),
        ("<=", 0.1, "holds"),
        (">", "chance", "does not hold"),
        ("<", "chance", "holds"),
        (">=", "unknown", "not measured"),
    ],
)
def test_a_claim_is_a_metric_and_a_relation(relation: str, reference: float | str, verdict: str) -> None:
    assert Claim("a.b", "", metric="wer", relation=relation, reference=reference).verdict(METRICS) == verdict


def test_what_is_not_measured_is_not_judged() -> None:
    assert Claim("a.b", "", needs="more").verdict(METRICS) == "not measured"
    assert Claim("a.b", "", metric="speed").verdict(METRICS) == "not measured"
