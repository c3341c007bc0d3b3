"""A small made world for each recipe: rows with planted faults, and what has to become of each."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stages.filter.learned.clusters import Clusters
from stages.filter.learned.svm import Svm
from stages.score.subjects import Caption
from stages.score.text.language import language
from tests.filter.material import picture_row, pinned, sound_row
from tests.filter.selections.texts import english, french

Row = dict[str, Any]


@dataclass(frozen=True)
class World:
    """Rows, params beside the recipe's name, and the reason for which each key falls (None: it is kept)."""

    rows: list[Row]
    params: dict[str, Any]
    fates: dict[str, str | None]


def _world(cases: list[tuple[Row, str | None]], params: dict[str, Any]) -> World:
    named = [(row | {"key": f"k{number:05d}"}, fate) for number, (row, fate) in enumerate(cases)]
    random.Random(5).shuffle(named)
    return World([row for row, _ in named], params, {row["key"]: fate for row, fate in named})


def datacomp_basic(folder: Path) -> World:
    fits = {"characters": 6, "words": 3, "width": 200, "height": 600, "aspect": 3.0}
    faults = [
        ({"characters": 5}, "text_too_short"),
        ({"words": 2}, "too_few_words"),
        ({"text_language": "de"}, "other_language"),
        ({"text_language": None}, "other_language"),
        ({"width": 199}, "too_small"),
        ({"aspect": 3.01}, "aspect"),
        ({}, None),
    ]
    return _world([(picture_row("k", **(fits | fault)), fate) for fault, fate in faults * 3], {})


def datacomp_best(folder: Path) -> World:
    """100 pairs of scores 0.00 to 0.24, four of each: the share of 0.3 cuts at rank 30, amid equals."""
    Clusters(np.eye(3), np.array([True, False, True])).save(folder / "clusters.safetensors")
    scores = [number // 4 / 100 for number in range(100)]
    threshold = sorted(scores, reverse=True)[30]
    cases = []
    for number, score in enumerate(scores):
        caption = {"text_language": "fr"} if number % 5 == 0 else {"characters": 5} if number % 5 == 1 else {}
        embedding = np.eye(3)[number % 3].tolist()
        row = picture_row(
            "k", **({"words": 2, "characters": 6, "clip_score": score, "embedding": embedding} | caption)
        )
        fate = "low_clip_score" if score < threshold else "outside_target" if number % 3 == 1 else None
        fate = {0: "other_language", 1: "text_too_short"}.get(number % 5, fate)
        cases.append((row, fate))
    return _world(cases, {"rules": {"outside_target": {"clusters": pinned(folder / "clusters.safetensors")}}})


def laion(folder: Path) -> World:
    fits = {"bytes": 5000, "characters": 5, "clip_score": 0.28}
    faults = [
        ({"bytes": 4999}, "file_size"),
        ({"characters": 4}, "text_too_short"),
        ({"clip_score": 0.279}, "low_clip_score"),
        ({"clip_score": 0.26, "text_language": "fr"}, None),
        ({"clip_score": 0.26, "text_language": None}, None),
        ({"clip_score": 0.259, "text_language": "fr"}, "low_clip_score"),
        ({}, None),
    ]
    return _world([(picture_row("k", **(fits | fault)), fate) for fault, fate in faults * 3], {})


def glide(folder: Path) -> World:
    """Each classifier has a corner of its own; a picture between them stays."""
    reasons = ("people", "violence", "hate_symbols")
    rules, cases = {}, []
    for number, reason in enumerate(reasons):
        Svm(np.eye(3)[number : number + 1], np.ones(1), 1.0, -0.5).save(folder / f"{reason}.safetensors")
        rules[reason] = {"classifier": pinned(folder / f"{reason}.safetensors")}
        cases += [(picture_row("k", embedding=np.eye(3)[number].tolist()), reason)] * 4
    cases += [(picture_row("k", embedding=[3**-0.5] * 3), None)] * 4
    return _world(cases, {"rules": rules})


def balanced(field: str, number: str) -> Callable[[Path], World]:
    """A world for CLIP and MetaCLIP: below the cap nothing is dropped, beside the list all is."""

    def world(folder: Path) -> World:
        path = folder / "entries.txt"
        path.write_text("box\nred box\n")
        texts = [("A red box.", None), ("", "empty_text"), ("A sea.", field)]
        cases = [(picture_row("k", text=text, words=len(text.split())), fate) for text, fate in texts * 4]
        return _world(cases, {"selections": {field: {"metadata": pinned(path), number: 12}}})

    return world


def whisper(folder: Path) -> World:
    """Files of people, of machines, in a wrong language, translated, copied; texts or speech alone."""
    dice, cases = random.Random(6), []
    for number in range(12):
        kind = ("people", "lower", "upper", "wrong", "translated", "copied")[number % 6]
        for window in range(10):
            en, fr = english()[100 * number + window], french()[100 * number + 7 * window + 5]
            text, spoken = (
                (en, "fr") if kind == "translated" else (fr, "de") if kind == "wrong" else (en, "en")
            )
            text = {"lower": str.lower, "upper": str.upper}.get(kind, str)(text)
            text = english()[window].rstrip(".") + "!" if kind == "copied" else text
            fate = "machine_transcript" if kind in ("lower", "upper") else None
            fate = "near_duplicate_text" if kind == "copied" and len(text.split()) >= 8 else fate
            row = spoken_row(text, spoken, sha256=f"file {number}", speech=dice.uniform(0.3, 1))
            if kind == "wrong" and row["text_language"] == "fr" and row["characters"] >= 20:
                fate = "language_mismatch"
            cases.append((row, fate))
    cases += [(spoken_row("", "en", speech=0.5), "speech_without_text")] * 3
    cases += [(spoken_row("Thanks for watching!", "en", speech=0.01), "text_without_speech")] * 3
    cases += [(spoken_row("Long, I know.", "en", seconds=31.0), "too_long")]
    return _world(cases, {})


def spoken_row(text: str, spoken: str, **changes: Any) -> Row:
    found = language(Caption(text, spoken))
    facts = {
        "text": text,
        "text_hash": text.lower(),
        "words": len(text.split()),
        "characters": len(text),
        "language": spoken,
        "script": "LATIN",
        **found._asdict(),
    }
    return sound_row("k", **(facts | changes))


WORLDS: dict[str, Callable[[Path], World]] = {
    "clip": balanced("query_balance", "pairs"),
    "datacomp-basic": datacomp_basic,
    "datacomp-best": datacomp_best,
    "glide": glide,
    "laion": laion,
    "metaclip": balanced("metadata_balance", "threshold"),
    "whisper": whisper,
}
