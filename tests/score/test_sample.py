"""A sample becomes a row, whatever is in it."""

from collections.abc import Callable

import pytest

from stages.core.features import FEATURES
from stages.core.records import Sample
from stages.score.sample import score_sample
from tests.score.material import drawing, png, tone

Make = Callable[..., Sample]


def test_a_picture_has_features_of_text_and_image(sample: Make) -> None:
    content = png(drawing())
    row = score_sample(sample("a", "png", content, split="style", speaker=None)).row
    assert list(row) == FEATURES.names
    assert (row["key"], row["source"], row["split"], row["licence"]) == ("a", "made", "style", "CC0-1.0")
    assert (row["words"], row["width"], row["seconds"], row["error"]) == (3, 32, None, None)
    assert row["bytes"] == len(content)


def test_a_recording_has_features_of_text_and_audio(sample: Make) -> None:
    row = score_sample(sample("a", "flac", tone(), text="la", language="fr", speaker="anna")).row
    assert (row["speaker"], row["seconds"], row["speed"], row["width"]) == ("anna", 1.0, 2.0, None)


def test_equal_pixels_have_equal_content_whatever_the_format(sample: Make) -> None:
    rows = [score_sample(sample("a", form, png(drawing()))).row for form in ("png", "webp")]
    assert rows[0]["content"] == rows[1]["content"]


@pytest.mark.parametrize(
    "files",
    [{"png": b""}, {"json": b"{}"}, {"json": b'{"key": '}],
)
def test_a_sample_without_a_record_is_a_row_with_an_error(files: dict[str, bytes]) -> None:
    row = score_sample(Sample("k", files)).row
    assert (row["key"], row["source"], row["error"]) == ("k", "unknown", "no_record")


def test_each_thing_that_cannot_be_read_is_a_row_with_an_error(sample: Make) -> None:
    whole = sample("a", "png", png(drawing()))
    errors = {
        "record_of_another_key": Sample("b", whole.files),
        "not_one_content": Sample("a", {"json": whole.files["json"]}),
        "unknown_format": sample("a", "gif", b"GIF89a"),
        "bad_image": sample("a", "png", png(drawing())[:60]),
        "truncated": sample("a", "wav", b"RIFF\0\0\0\0WAVE"),
    }
    assert {score_sample(one).row["error"] for one in errors.values()} == set(errors)
    assert score_sample(Sample("a", {**whole.files, "jpg": b"x"})).row["error"] == "not_one_content"
    scored = score_sample(errors["bad_image"])
    assert (scored.row["words"], scored.row["width"], scored.row["bytes"]) == (3, None, 60)
    assert scored.subject is None
