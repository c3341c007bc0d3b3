"""Functions of a user's own: what they see, and what becomes of what they return."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stages.core.errors import BadConfigError
from stages.score import models
from stages.score.inputs import digest_of
from stages.score.models.hook import HookModel, source_file
from stages.score.params import Hook, Models, ScoreParams
from stages.score.sample import Scored
from stages.score.subjects import Picture, Sound

PICTURES = [Picture(Image.new("RGB", (40, 20), colour)) for colour in ("black", "white")]


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module of the user's, beside params.yaml."""
    (tmp_path / "my_hooks.py").write_text(
        "def brightness(pictures):\n    return [picture.mean() / 255 for picture in pictures]\n"
        "def widths(pictures):\n    return [picture.shape[1] for picture in pictures]\n"
        "def nothing(pictures):\n    return []\n"
        "def words(pictures):\n    return ['safe' for _ in pictures]\n"
        "def nan(pictures):\n    return [float('nan')] * len(pictures)\n"
        "NUMBER = 3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return "my_hooks"


def test_a_function_scores_each_picture(mine: str) -> None:
    model = HookModel("nsfw", Hook(function=f"{mine}:brightness"))
    assert model(PICTURES, ["", ""]) == [{"nsfw": 0.0}, {"nsfw": 1.0}]


def test_pictures_are_reduced_to_the_side(mine: str) -> None:
    assert (
        HookModel("faces", Hook(function=f"{mine}:widths", side=10))(PICTURES, ["", ""])
        == [{"faces": 10}] * 2
    )
    assert HookModel("faces", Hook(function=f"{mine}:widths"))(PICTURES, ["", ""]) == [{"faces": 40}] * 2


@pytest.mark.parametrize("name", ["widths", "nothing", "nan", "words"])
def test_what_is_no_probability_is_refused(mine: str, name: str) -> None:
    model = HookModel("watermark", Hook(function=f"{mine}:{name}"))
    with pytest.raises(BadConfigError, match=r"score\.models\.watermark: .* a number from 0 to 1"):
        model(PICTURES, ["", ""])


@pytest.mark.parametrize("name", ["absent", "NUMBER"])
def test_what_is_no_function_is_refused(mine: str, name: str) -> None:
    with pytest.raises(BadConfigError, match=r"score\.models\.nsfw\.function"):
        HookModel("nsfw", Hook(function=f"{mine}:{name}"))


@pytest.mark.parametrize("path", ["os.system", "os:system('x')", ":f", "a b:c", "../x:f"])
def test_only_a_plain_import_path_is_taken(path: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        Hook(function=path)


def test_a_change_of_the_function_is_seen(mine: str) -> None:
    params = ScoreParams(models=Models(nsfw=Hook(function=f"{mine}:brightness")))
    before = digest_of(params)
    assert digest_of(params) == before
    file = source_file("nsfw", params.models.nsfw)
    file.write_text(file.read_text() + "# changed")
    assert digest_of(params) != before


def test_sounds_and_broken_samples_pass_by(mine: str) -> None:
    batch = [
        Scored({"text": "", "nsfw": None}, PICTURES[1]),
        Scored({"text": "", "nsfw": None}, Sound(np.zeros(9, np.int16), "")),
        Scored({"text": "", "nsfw": None, "error": "bad_image"}),
    ]
    models.look(models.load(Models(nsfw=Hook(function=f"{mine}:brightness"))), batch)
    assert [one.row["nsfw"] for one in batch] == [1.0, None, None]
