"""A filter that asks about what nobody computed is refused, with the parameter to set."""

from pathlib import Path
from typing import Any

import pytest

from stages.core.errors import BadConfigError, BadDataError
from stages.filter.needs import check_computed
from stages.filter.params import FilterParams
from tests.filter.material import picture_row
from tests.filter.runs import decide, write_scored

NOTHING = {"clip_score": None, "embedding": None, "nsfw": None, "watermark": None, "faces": None}
LAION = FilterParams.model_validate({"recipe": "laion"})


def check(folder: Path, params: FilterParams, *shards: list[dict[str, Any]]) -> None:
    check_computed(sorted(write_scored(folder / "scored", *shards).glob("*")), params, "images")


def test_the_feature_its_rules_and_the_parameter_are_named(tmp_path: Path) -> None:
    with pytest.raises(
        BadConfigError,
        match=r"filter\.images: low_clip_score needs the feature clip_score, which no sample of "
        r"data/scored/images has; set score\.images\.models\.clip and run `dvc repro score@images`",
    ):
        check(tmp_path, LAION, [picture_row("a", **NOTHING)], [picture_row("b", **NOTHING)])


def test_nothing_is_decided_then(tmp_path: Path) -> None:
    with pytest.raises(BadConfigError, match=r"filter\.scored: low_clip_score"):
        decide(tmp_path, [[picture_row("a", **NOTHING)]], LAION)
    assert not (tmp_path / "filtered").exists()


@pytest.mark.parametrize(
    ("rules", "missing"),
    [
        ({"nsfw": {"probability": 0.5}, "watermark": {"probability": 0.5}}, ["nsfw", "watermark"]),
        ({"faces": {"count": 1}}, ["faces"]),
        ({"people": {"classifier": {"path": "x", "sha256": "0" * 64}}}, ["embedding"]),
        ({"aspect": {"ratio": 3}, "language_mismatch": {}, "empty_text": {}}, []),
    ],
)
def test_each_feature_that_a_model_computes_is_looked_for(
    tmp_path: Path, rules: dict[str, Any], missing: list[str]
) -> None:
    params = FilterParams.model_validate({"rules": rules})
    check(tmp_path, params, [picture_row("a", embedding=[0.0, 1.0, 0.0])])
    if not missing:
        check(tmp_path / "without", params, [picture_row("a", **NOTHING)])
        return
    with pytest.raises(BadConfigError) as caught:
        check(tmp_path / "without", params, [picture_row("a", **NOTHING)])
    assert all(f"needs the feature {name}" in str(caught.value) for name in missing)


def test_one_sample_that_has_it_is_enough(tmp_path: Path) -> None:
    check(tmp_path, LAION, [picture_row("a", **NOTHING)], [], [picture_row("b", **NOTHING), picture_row("c")])


def test_of_no_samples_nothing_is_missing(tmp_path: Path) -> None:
    check(tmp_path, LAION, [])


def test_a_table_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "00000.parquet").write_bytes(b"no parquet")
    with pytest.raises(BadDataError, match=r"00000\.parquet: no parquet file"):
        check_computed([tmp_path / "00000.parquet"], LAION, "images")
