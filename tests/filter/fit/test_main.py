"""From a scored corpus and labels to a rule in params.yaml, by the commands that a person types."""

from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from stages.core.errors import BadDataError
from stages.filter.fit.__main__ import app
from stages.filter.params import FilterParams
from tests.filter.material import picture_row
from tests.filter.runs import decide, write_scored


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """600 pictures of two kinds, of which the first is unwanted; some without an embedding."""
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("seed: 3\n")
    write_scored(Path("data/scored/images"), rows(1, 0), rows(1, 300))
    lines = [f"p{number:04d},{int(number % 2 == 0)}" for number in range(600)]
    Path("labels.csv").write_text("\n".join(["key,unwanted", *lines]))
    return tmp_path


def rows(seed: int, first: int) -> list[dict]:
    draw = np.random.default_rng([seed, first])
    found = []
    for number in range(first, first + 300):
        embedding = np.array([1.0, 0, 0] if number % 2 == 0 else [0, 1.0, 0]) + draw.normal(0, 0.1, 3)
        known = None if number % 100 == 99 else (embedding / np.linalg.norm(embedding)).tolist()
        found.append(picture_row(f"p{number:04d}", embedding=known))
    return found


def said(arguments: str) -> tuple[str, dict]:
    """What a command prints, and its last line as YAML."""
    result = CliRunner().invoke(app, arguments.split(), catch_exceptions=False)
    assert result.exit_code == 0
    return result.output, YAML(typ="safe").load(result.output.strip().splitlines()[-1])


def test_a_classifier_is_learned_pinned_and_asked(project: Path) -> None:
    output, pin = said("classifier images --labels labels.csv --to people.safetensors --missed 0.05")
    assert "594 of 600 labelled samples have an embedding" in output
    params = FilterParams.model_validate({"rules": {"people": pin}})
    _, dropped = decide(project / "run", [rows(2, 0)], params)
    assert {int(key[1:]) % 2 for key in dropped} == {0}
    assert len(dropped) >= 140
    assert {reason for reason, _ in dropped.values()} == {"people"}


def test_clusters_are_found_pinned_and_asked(project: Path) -> None:
    write_scored(Path("data/scored/target"), [row for row in rows(4, 0) if int(row["key"][1:]) % 2])
    output, pin = said("clusters images target --count 10 --to clusters.safetensors")
    assert "of 10 clusters are near to one of 147 of target" in output
    _, dropped = decide(
        project / "run", [rows(2, 0)], FilterParams.model_validate({"rules": {"outside_target": pin}})
    )
    assert {int(key[1:]) % 2 for key in dropped} == {0}
    assert len(dropped) == 150


def test_how_the_corpus_is_sharded_changes_no_byte(project: Path) -> None:
    said("classifier images --labels labels.csv --to one.safetensors --missed 0.05")
    write_scored(Path("data/scored/images"), rows(1, 300), rows(1, 0))
    said("classifier images --labels labels.csv --to two.safetensors --missed 0.05")
    assert Path("one.safetensors").read_bytes() == Path("two.safetensors").read_bytes()


def test_a_corpus_without_embeddings_says_what_to_do(project: Path) -> None:
    write_scored(Path("data/scored/plain"), [picture_row("p0000", embedding=None)])
    with pytest.raises(BadDataError, match="give `score` a CLIP"):
        CliRunner().invoke(
            app,
            ["classifier", "plain", "--labels", "labels.csv", "--to", "x.safetensors"],
            catch_exceptions=False,
        )
