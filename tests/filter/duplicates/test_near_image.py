"""Copies of pictures are found up to the last bit, look-alikes are not, and a thousand copies are cheap."""

import io
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from stages.core.images import decode_rgb
from stages.filter.duplicates.near_image import NearImage, masks
from stages.score.measures import IMAGE, measure_all
from stages.score.subjects import Picture
from tests.filter.duplicates.reference import greedy
from tests.filter.material import picture_row, table, text_row
from tests.filter.runs import drops, in_database

TWEMOJI = Path(__file__).parents[3] / "data/sample/images/twemoji"


def flipped(dhash: int, *bits: int) -> int:
    for bit in bits:
        dhash ^= 1 << bit
    return dhash


def encoded(image: Image.Image, kind: str, **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("bits", range(9))
def test_in_any_pair_within_the_bits_one_mask_covers_equal_bits_only(bits: int) -> None:
    dice = random.Random(bits)
    for _ in range(200):
        differ = sum(1 << bit for bit in dice.sample(range(64), bits))
        assert any(mask & differ == 0 for mask in masks(bits))
    assert len(masks(bits)) == len(set(masks(bits)))


def test_masks_are_long_enough_for_buckets_to_be_small() -> None:
    assert min(mask.bit_count() for mask in masks(4)) >= 24


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 5), st.integers(0, (1 << 64) - 1), st.lists(st.integers(0, 63), max_size=7, unique=True)
)
def test_near_images_are_found_up_to_the_last_bit(bits: int, dhash: int, differ: list[int]) -> None:
    rows = table(picture_row("a", dhash=dhash), picture_row("b", dhash=flipped(dhash, *differ)))
    with tempfile.TemporaryDirectory() as folder:
        found = drops(Path(folder), NearImage(bits=bits), rows)
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
def test_what_makes_a_near_image(
    tmp_path: Path, change: dict[str, Any], params: dict[str, Any], found: bool
) -> None:
    rows = table(picture_row("a", dhash=5), picture_row("b", dhash=4, **change))
    assert drops(tmp_path, NearImage(**params), rows) == ({"b": "a"} if found else {})


def test_planted_copies_of_real_pictures_are_found_and_strangers_are_not(tmp_path: Path) -> None:
    """Of each 48th twemoji there is a JPEG of poor quality and a PNG of one and a half times the size."""
    rows = []
    for number, path in enumerate(sorted(TWEMOJI.glob("*.png"))[::48]):
        image = decode_rgb(path.read_bytes())
        larger = image.resize((image.width * 3 // 2, image.height * 3 // 2), Image.Resampling.LANCZOS)
        files = {
            "a": encoded(image, "PNG"),
            "b": encoded(image, "JPEG", quality=75),
            "c": encoded(larger, "PNG"),
        }
        for name, content in files.items():
            rows.append(
                picture_row(f"{number:03d}-{name}", **measure_all(IMAGE, Picture(decode_rgb(content))))
            )
    found = drops(tmp_path, NearImage(), table(*rows))
    assert len(found) >= 0.9 * len(rows) * 2 / 3
    assert all(key[:3] == kept[:3] for key, kept in found.items())


def test_recordings_are_no_near_images(tmp_path: Path) -> None:
    assert drops(tmp_path, NearImage(), table(text_row("a"), text_row("b"), picture_row("c"))) == {}


def alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    steps = [abs(ours - theirs) for ours, theirs in zip(one["palette"], other["palette"], strict=True)]
    near = (one["dhash"] ^ other["dhash"]).bit_count() <= 2 and max(steps) <= 20
    return near and one["source"] == other["source"]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 63), st.sampled_from([100, 115, 130]), st.sampled_from(["made", "other"])),
        min_size=1,
        max_size=16,
    ),
    st.randoms(use_true_random=False),
)
def test_the_answer_is_that_of_comparing_all_with_all_in_any_order(
    facts: list[tuple[int, int, str]], dice: random.Random
) -> None:
    rows = [
        picture_row(f"{key:02d}", dhash=dhash, palette=[grey] * 192, source=source)
        for key, (dhash, grey, source) in enumerate(facts)
    ]
    expected = greedy(rows, alike)
    dice.shuffle(rows)
    with tempfile.TemporaryDirectory() as folder:
        assert drops(Path(folder), NearImage(bits=2), table(*rows)) == expected


def test_one_picture_encoded_a_thousand_times_costs_no_thousand_thousand_pairs(tmp_path: Path) -> None:
    """Each copy differs in some bits and all colours; flat pictures of other colours share their hash."""
    dice = random.Random(5)
    rows = [
        picture_row(
            f"copy-{number:04d}",
            dhash=flipped(0xF0F0F0F0F0F0F0F0, *dice.sample(range(64), number % 3)),
            palette=[120 + dice.randrange(8) for _ in range(192)],
        )
        for number in range(1000)
    ]
    rows += [
        picture_row(f"flat-{number:04d}", dhash=0, palette=[number % 250, number // 250 * 60] * 96)
        for number in range(1000)
    ]
    comparison = NearImage()
    with in_database(tmp_path, comparison, table(*rows)) as database:
        found = dict(comparison.drops(database, 0).fetchall())
        ((candidates,),) = database.execute("SELECT count(*) FROM near_candidates").fetchall()
    copies = {key: kept for key, kept in found.items() if key.startswith("copy")}
    assert copies == {f"copy-{number:04d}": "copy-0000" for number in range(1, 1000)}
    assert candidates < 300_000  # of a million pairs that share a bucket
