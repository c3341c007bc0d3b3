"""What is committed in data/sample is whole, licensed, and what its manifests say."""

import csv
import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from stages.core.audio import decode

ROOT = Path(__file__).parents[3] / "data/sample"
STYLES = ("twemoji", "openmoji", "noto")
MANIFESTS = {
    "speech/words": "jsonl",
    "speech/captions": "jsonl",
    **{f"images/{style}": "jsonl" for style in STYLES},
    "images/clipart": "tsv",
}
PARTS = [*MANIFESTS, "labelled/fashion_mnist", "labelled/mnist", "text"]
PAPERS = re.compile(r"README\.md|(LICENCE|COPYING)(-[a-z-]+)?")
ALPHABETS = {
    **dict.fromkeys(("ca", "en", "es", "fr", "it", "ro"), re.compile(r"[a-z à-öø-ÿāăîșşțţœ’'·-]+")),
    **dict.fromkeys(("ru", "bg"), re.compile(r"[а-яё -]+")),
    "el": re.compile(r"[α-ωά-ώ -]+"),
}


def rows(part: str) -> list[dict[str, str]]:
    path = ROOT / part / f"manifest.{MANIFESTS[part]}"
    with path.open(encoding="utf-8", newline="") as file:
        if MANIFESTS[part] == "tsv":
            return list(csv.DictReader(file, delimiter="\t"))
        return [json.loads(line) for line in file]


def test_the_sample_is_at_most_30_megabytes():
    assert sum(path.stat().st_size for path in ROOT.rglob("*") if path.is_file()) <= 30_000_000


@pytest.mark.parametrize("part", PARTS)
def test_each_part_has_its_licence_and_says_where_it_is_from(part):
    names = {path.name for path in (ROOT / part).iterdir()}
    assert "README.md" in names
    assert any(name.startswith("LICENCE") for name in names)
    assert re.search(r"\| `[0-9a-f]{64}` \|", (ROOT / part / "README.md").read_text(encoding="utf-8"))


def test_file_names_are_plain():
    for path in ROOT.rglob("*"):
        assert re.fullmatch(r"[a-z0-9._-]+", path.name) or PAPERS.fullmatch(path.name), path


@pytest.mark.parametrize("part", MANIFESTS)
def test_a_manifest_lists_exactly_the_files_with_hash_and_licence(part):
    folder = ROOT / part
    listed = rows(part)
    files = [row["file"] for row in listed]
    found = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not PAPERS.fullmatch(path.name) and not path.name.startswith("manifest.")
    }
    assert len(set(files)) == len(files)
    assert set(files) == found
    for row in listed:
        assert row["licence"]
        assert hashlib.sha256((folder / row["file"]).read_bytes()).hexdigest() == row["sha256"], row["file"]


def test_words_are_spelled_in_the_alphabet_of_their_language():
    for row in rows("speech/words"):
        assert ALPHABETS[row["language"]].fullmatch(row["text"]), row
        assert ALPHABETS["en"].fullmatch(row["translation"]), row


def test_every_voice_has_the_digits_days_and_months_and_latin_ones_the_letters():
    counts = Counter((row["speaker"], row["kind"]) for row in rows("speech/words"))
    voices = {speaker for speaker, _ in counts}
    assert voices == {
        "en-allison", "es-allison", "fr-june", "it-carlo", "ru-ivrvoice", "fr-armelle", "it-paola",
    }  # fmt: skip
    for voice in voices:
        letters = 0 if voice.startswith("ru-") else 26
        kinds = ("digit", "letter", "day", "month")
        assert [counts[voice, kind] for kind in kinds] == [11, letters, 7, 12], voice


def test_captions_recur_across_languages_under_one_group():
    captions = rows("speech/captions")
    counts = Counter(row["language"] for row in captions)
    assert counts == {"bg": 60, "es": 60, "fr": 60, "ro": 60, "ru": 60, "ca": 50, "el": 50}
    assert all(row["group"] == row["translation"] and row["speaker"] is None for row in captions)
    groups = Counter(row["group"] for row in captions)
    assert 100 < len(groups) < 400
    assert max(groups.values()) > 1


def test_emoji_have_one_name_in_all_styles():
    names: dict[str, set[str]] = {}
    for style in STYLES:
        listed = rows(f"images/{style}")
        assert len({row["group"] for row in listed}) == len(listed) > 1900
        for row in listed:
            assert row["text"] == row["group"]
            names.setdefault(row["file"], set()).add(row["group"])
    assert all(len(groups) == 1 for groups in names.values())
    skin_tones = re.compile("1f3f[b-f]")
    assert not any(skin_tones.search(name) and "-" in name for name in names)


def test_clipart_keeps_duplicates_repeated_titles_and_odd_shapes():
    clipart = rows("images/clipart")
    assert list(clipart[0]) == ["file", "title", "keywords", "category", "licence", "sha256"]
    assert 1900 < len(clipart) < 2100
    assert len({row["sha256"] for row in clipart}) < len(clipart) - 100
    assert len({row["title"].lower() for row in clipart}) < len(clipart) - 100
    assert any(row["title"] == "" for row in clipart)


@pytest.mark.parametrize("part", ["speech/words", "speech/captions"])
def test_every_recording_decodes_to_a_plausible_length(part):
    for row in rows(part):
        path = ROOT / part / row["file"]
        wave = decode(path.read_bytes(), path.suffix)
        assert 0.1 < len(wave) / 16_000 < 20, row["file"]
