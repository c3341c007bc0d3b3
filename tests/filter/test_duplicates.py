"""Planted duplicates are found, look-alikes are not, and the order of the rows changes nothing."""

import io
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from stages.core.images import decode_rgb
from stages.filter.duplicates import Duplicates, find_duplicates
from stages.filter.duplicates.base import first_wins
from stages.filter.duplicates.exact import Exact, exact_duplicates
from stages.filter.duplicates.images import NearImage, near_images
from stages.filter.duplicates.texts import NearText, near_texts, similarity
from stages.score.measures import IMAGE, measure_all
from stages.score.subjects import Picture
from tests.filter.material import picture_row, table, text_row

TEXT = "red box blue sea tall tree old man with three small dogs near the river at dawn under grey skies"
WORDS = TEXT.split()


def flipped(dhash: int, *bits: int) -> int:
    for bit in bits:
        dhash ^= 1 << bit
    return dhash


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def jpeg(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def test_equal_content_keeps_the_first_key() -> None:
    rows = table(
        text_row("b", content="x"), text_row("a", content="x"), text_row("c", content="x"), text_row("d")
    )
    assert exact_duplicates(rows, Exact()) == {"b": "a", "c": "a"}


def test_equal_content_with_other_words_is_a_matter_of_parameters() -> None:
    rows = table(
        text_row("a", content="x"),
        text_row("b", content="x"),
        text_row("c", content="x", text_hash="text of a"),
    )
    assert exact_duplicates(rows, Exact(same_text=True)) == {"c": "a"}


def test_what_has_no_content_is_no_duplicate() -> None:
    assert exact_duplicates(table(text_row("a", content=None), text_row("b", content=None)), Exact()) == {}


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 15), st.integers(0, (1 << 64) - 1), st.lists(st.integers(0, 63), max_size=18, unique=True)
)
def test_near_images_are_found_up_to_the_last_bit(bits: int, dhash: int, differ: list[int]) -> None:
    rows = table(picture_row("a", dhash=dhash), picture_row("b", dhash=flipped(dhash, *differ)))
    found = near_images(rows, NearImage(bits=bits))
    assert found == ({"b": "a"} if len(differ) <= bits else {})


@pytest.mark.parametrize(
    ("change", "params", "found"),
    [
        ({}, {}, True),
        ({}, {"same_text": True}, False),
        ({"text_hash": "text of a"}, {"same_text": True}, True),
        ({"palette": [128] * 191 + [149]}, {}, False),  # another mouth
        ({"palette": [148] * 192}, {}, True),
        ({"palette": [112] * 192}, {"colour": 15}, False),
        ({"source": "other"}, {}, False),  # the same concept in another style
        ({"source": "other"}, {"across_sources": True}, True),
    ],
)
def test_what_makes_a_near_image(change: dict[str, Any], params: dict[str, Any], found: bool) -> None:
    rows = table(picture_row("a", dhash=5), picture_row("b", dhash=4, **change))
    assert near_images(rows, NearImage(**params)) == ({"b": "a"} if found else {})


def test_planted_copies_of_real_pictures_are_found_and_strangers_are_not() -> None:
    """Of each 48th twemoji there is a JPEG of poor quality and a PNG of one and a half times the size."""
    rows = []
    for number, path in enumerate(
        sorted((Path(__file__).parents[2] / "data/sample/images/twemoji").glob("*.png"))[::48]
    ):
        image = decode_rgb(path.read_bytes())
        larger = image.resize((image.width * 3 // 2, image.height * 3 // 2), Image.Resampling.LANCZOS)
        for name, content in {"a": png(image), "b": jpeg(image, 75), "c": png(larger)}.items():
            rows.append(
                picture_row(f"{number:03d}-{name}", **measure_all(IMAGE, Picture(decode_rgb(content))))
            )
    found = near_images(table(*rows), NearImage())
    assert len(found) >= 0.9 * len(rows) * 2 / 3
    assert all(key[:3] == kept[:3] for key, kept in found.items())


def test_recordings_are_no_near_images() -> None:
    assert near_images(table(text_row("a"), text_row("b")), NearImage()) == {}


def test_near_texts_are_found_and_short_ones_left_alone() -> None:
    rows = table(
        text_row("c", text=TEXT, words=20),
        text_row("b", text=TEXT.upper() + "!", words=20),
        text_row("a", text=" ".join(reversed(WORDS)), words=20),
        text_row("d", text=TEXT, words=7),
    )
    assert near_texts(rows, NearText(words=8)) == {"c": "b"}


def test_texts_of_different_sources_are_compared_on_request() -> None:
    rows = table(text_row("a", text=TEXT, words=20), text_row("b", text=TEXT, words=20, source="other"))
    assert near_texts(rows, NearText()) == {}
    assert near_texts(rows, NearText(across_sources=True)) == {"b": "a"}


def test_planted_texts_are_found_with_the_recall_that_theory_predicts() -> None:
    """At a similarity of 0.8, 20 bands of 5 miss one pair in 2,700."""
    dice = random.Random(7)
    rows, planted = [], {}
    for number in range(300):
        words = [f"{dice.choice(WORDS)}{dice.randrange(100)}" for _ in range(30)]
        altered = [*words[:-1], "else"]
        rows.append(text_row(f"{number:03d}-a", text=" ".join(words), words=30))
        rows.append(text_row(f"{number:03d}-b", text=" ".join(altered), words=30))
        if similarity(rows[-1]["text"], rows[-2]["text"]) >= 0.8:
            planted[f"{number:03d}-b"] = f"{number:03d}-a"
    found = near_texts(table(*rows), NearText(similarity=0.8))
    assert len(planted) > 250
    assert found.items() <= planted.items()
    assert len(found) >= len(planted) - 2


def test_chains_do_not_drag_on() -> None:
    """b is like a, c is like b but not like a: c is kept, because b is not."""
    assert first_wins([("b", "a"), ("c", "b"), ("d", "b"), ("d", "c")]) == {"b": "a", "d": "c"}


ALL = Duplicates(exact=Exact(), near_image=NearImage(), near_text=NearText(words=1))


def found(rows: pa.Table) -> dict[str, dict[str, str]]:
    return dict(find_duplicates(rows, ALL))


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 31), st.integers(0, 2)), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_rows_changes_nothing(
    facts: list[tuple[int, int, int]], dice: random.Random
) -> None:
    rows = [
        picture_row(f"{key:02d}", content=str(content), dhash=dhash, text=" ".join(WORDS[text:]))
        for key, (content, dhash, text) in enumerate(facts)
    ]
    answer = found(table(*rows))
    dice.shuffle(rows)
    assert found(table(*rows)) == answer
    dropped = [key for one in answer.values() for key in one]
    assert len(dropped) == len(set(dropped))
    for one in answer.values():
        assert all(kept < key for key, kept in one.items())


def test_no_rows_have_no_duplicates() -> None:
    assert found(table()) == {"duplicate": {}, "near_duplicate_image": {}, "near_duplicate_text": {}}
    assert ALL.reasons() == list(found(table()))
    assert list(find_duplicates(table(), Duplicates())) == []
