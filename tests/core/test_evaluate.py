"""What the evaluation publishes."""

import json
from pathlib import Path

import pandas as pd
import pytest

from stages.core import plotting
from stages.core.evaluation import Claim, Evaluation
from stages.evaluate import publish

CLAIM = Claim("toy.learns", "It learns.", paper="99 %", metric="top1", relation=">", reference=0.5)


def test_metrics_claims_figures_and_tables(tmp_path: Path) -> None:
    figure, _ = plotting.figure()
    table = pd.DataFrame({"key": ["a,b"], "score": [0.25]})
    publish(tmp_path, Evaluation({"top1": 0.75}, {"curve": figure}, {"worst": table}), [CLAIM])
    assert json.loads((tmp_path / "metrics.json").read_text()) == {"top1": 0.75}
    assert json.loads((tmp_path / "pages/claims.json").read_text()) == [
        {
            "id": "toy.learns",
            "sentence": "It learns.",
            "paper": "99 %",
            "metric": "top1",
            "value": 0.75,
            "relation": ">",
            "reference": 0.5,
            "verdict": "holds",
            "needs": "",
        }
    ]
    assert (tmp_path / "pages/tables/worst.csv").read_text() == 'key,score\n"a,b",0.25\n'
    assert (tmp_path / "pages/figures/curve.svg").exists()


def test_a_number_that_is_none_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="top1 is nan"):
        publish(tmp_path, Evaluation({"top1": float("nan")}), [])


def test_names_that_are_no_file_names_are_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="named in a-z"):
        publish(tmp_path, Evaluation({}, tables={"../x": pd.DataFrame()}), [])
