"""A trained CLIP looks at the pictures of a corpus, from its published folder to the table."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from stages.core.checkpoint import write_tensors
from stages.core.errors import BadDataError
from stages.core.files import write_json
from stages.core.records import Sample
from stages.core.tars import TarWriter
from stages.score.models.clip import ClipModel, ends
from stages.score.params import ScoreParams
from stages.score.run import score_corpus
from stages.score.subjects import Picture
from stages.systems.clip.model import Clip
from stages.systems.clip.presets import PRESETS
from stages.systems.clip.tokenizer import learn_merges
from tests.score.material import drawing, png, tone

Make = Callable[..., Sample]
TEXTS = ["a red box", "a blue box", "ein grüner Kasten"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP as `stages.train` publishes it, untrained."""
    folder = tmp_path_factory.mktemp("clip") / "weights"
    folder.mkdir()
    torch.manual_seed(1)
    write_tensors(folder / "model.safetensors", Clip(PRESETS["sample"]).state_dict())
    merges = learn_merges(TEXTS, PRESETS["sample"].text.vocabulary)
    architecture = PRESETS["sample"].model_dump(mode="json")
    config = {"preset": "sample", "architecture": architecture, "merges": [" ".join(pair) for pair in merges]}
    write_json(folder / "config.json", config)
    return folder


@pytest.mark.usefixtures("in_this_process")
def test_a_corpus_gets_scores_and_embeddings(weights: Path, tmp_path: Path, sample: Make) -> None:
    with TarWriter(tmp_path / "in" / "00000.tar") as tar:
        for key, colour, text in zip("abc", ("red", "blue", "green"), TEXTS, strict=True):
            tar.write(sample(key, "png", png(drawing(colour=colour)), text=text))
        tar.write(sample("d", "flac", tone()))
        tar.write(sample("e", "png", b"broken"))
    params = ScoreParams.model_validate({"models": {"clip": str(weights)}, "batch": 2})
    score_corpus(tmp_path / "in", tmp_path / "out", params, tmp_path / "work", lambda _line: None)
    table = pq.read_table(tmp_path / "out" / "00000.parquet").to_pydict()
    assert [score is not None for score in table["clip_score"]] == [True, True, True, False, False]
    assert all(-1 <= score <= 1 for score in table["clip_score"][:3])
    embeddings = np.array(table["embedding"][:3])
    assert embeddings.shape == (3, PRESETS["sample"].embed)
    assert np.linalg.norm(embeddings, axis=1) == pytest.approx(1, abs=1e-3)
    assert table["embedding"][3:] == [None, None]
    assert np.array_equal(embeddings * 2**14, np.rint(embeddings * 2**14))


def test_the_batch_does_not_show(weights: Path) -> None:
    model = ClipModel(weights)
    pictures = [
        Picture(drawing((side, 30), colour)) for side, colour in ((30, "red"), (90, "blue"), (50, "green"))
    ]
    together = model(pictures, TEXTS)
    alone = [model([picture], [text])[0] for picture, text in zip(pictures, TEXTS, strict=True)]
    for one, other in zip(together, alone, strict=True):
        assert one["clip_score"] == pytest.approx(other["clip_score"], abs=1e-4)
        assert one["embedding"] == pytest.approx(other["embedding"], abs=2**-13)


def test_three_squares_see_both_ends_of_a_picture(weights: Path) -> None:
    """What lies at an end changes the mean, and the score does not; of a square all three are the same."""
    plain, square = drawing((120, 40), "red"), drawing((40, 40), "red")
    marked = plain.copy()
    marked.paste((255, 255, 255), (0, 0, 30, 40))
    pictures = [Picture(plain), Picture(marked), Picture(square)]
    one, three = ClipModel(weights)(pictures, TEXTS), ClipModel(weights, crops=3)(pictures, TEXTS)
    assert one[0]["embedding"] == one[1]["embedding"]
    assert three[0]["embedding"] != three[1]["embedding"]
    assert three[2]["embedding"] == pytest.approx(one[2]["embedding"], abs=2**-13)
    assert [found["clip_score"] for found in three] == [found["clip_score"] for found in one]
    assert np.linalg.norm([found["embedding"] for found in three], axis=1) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(("size", "boxes"), [((90, 30), [(0, 0), (60, 0)]), ((30, 50), [(0, 0), (0, 20)])])
def test_the_ends_are_squares_along_the_longer_side(
    size: tuple[int, int], boxes: list[tuple[int, int]]
) -> None:
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    expected = [image.crop((left, top, left + 30, top + 30)) for left, top in boxes]
    assert [square.tobytes() for square in ends(image)] == [square.tobytes() for square in expected]


def test_a_folder_that_is_no_clip_is_bad_data(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(BadDataError, match=r"config\.json"):
        ClipModel(tmp_path)
    (tmp_path / "config.json").write_bytes((weights / "config.json").read_bytes())
    with pytest.raises(BadDataError, match=r"model\.safetensors"):
        ClipModel(tmp_path)
