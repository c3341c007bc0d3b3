"""Spoken captions of Tux Paint's stamps: natural sentences, and two languages where sound and text disagree.

Volunteers recorded the captions in many languages. In French, Spanish, Russian, Bulgarian and Romanian they
match what is written; a share of the Catalan and Greek recordings does not, and those are kept as they
come: telling them apart is the filter's work.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import soundfile

from stages.core.files import fresh_folder, write_text
from stages.core.seeds import fold
from stages.ingest.sample.parts import (
    Packages,
    Part,
    common_licence,
    sha256,
    write_manifest,
    write_media,
    write_readme,
)
from stages.ingest.sample.sounds import opus

FOLDER = "speech/captions"
PACKAGE = "tuxpaint-stamps-default"
MATCHING: Mapping[str, int] = {"bg": 60, "es": 60, "fr": 60, "ro": 60, "ru": 60}  # captions per language
MISMATCHED: Mapping[str, int] = {"ca": 50, "el": 50}
_FIRST_HALF = ("ca", "es", "fr", "ro")
_SEED = 2  # which captions: any would do
_SECONDS = 5.0  # of a recording, at most
_LONGEST = 70  # characters of a caption
_PACE = (4.0, 25.0)  # characters per second of a plausible speaker
_LINE = re.compile(r"([A-Za-z_@]+)\.utf8=(.*)")

_BODY = """
{count} recordings of one caption each ({languages}), by volunteers of the Tux Paint project. ca and el are
the bytes of the package, Ogg Vorbis of mostly 44.1 kHz. The others were changed to save space: 16 kHz mono
Opus of 20 kbit/s.

`manifest.jsonl` has one line per recording: file, text, language, translation (the English caption), group
(the same; a caption recurs in several languages and must not be split between training and testing),
speaker (unknown, hence null), licence, sha256, origin (the path in the package), origin_sha256.

How they were chosen: stamps are drawn at random from each category in turn. Of bg, es, fr, ro and ru, only
captions of at most {longest} characters and {seconds:g} seconds, spoken at {slow:g} to {fast:g} characters
per second. ca and el are drawn without any such condition: for many of them the length of the sound and
that of the text have nothing to do with each other. They are here so that a filter has real work. Nobody
has listened to any of them.

Licence: GPL-2.0-or-later, `COPYING` (the package's copyright file) and `LICENCE` (the GNU General Public
License, version 2). These files are data; nothing in this repository's code derives from them.
"""


class Caption(NamedTuple):
    """A recording with what it should say."""

    category: str  # the top folder of the stamp: animals, food, ...
    path: Path
    language: str
    text: str
    english: str


def build(packages: Packages, out: Path) -> Part:
    """Copy the chosen recordings and write manifest, licences and README."""
    stamps = packages.folder(PACKAGE) / "usr/share/tuxpaint/stamps"
    folder = fresh_folder(out / FOLDER)
    captions = list(read_captions(stamps))
    chosen = [
        caption
        for language, number in sorted({**MATCHING, **MISMATCHED}.items())
        for caption in choose(
            [each for each in captions if each.language == language and is_fit(each)], number
        )
    ]
    rows = [_copy(caption, stamps, folder, packages.pins[PACKAGE].licence) for caption in chosen]
    write_manifest(folder / "manifest.jsonl", rows)
    write_text(folder / "COPYING", packages.copyright(PACKAGE))
    write_text(folder / "LICENCE", common_licence("GPL-2"))
    languages = ", ".join(f"{n} {lang}" for lang, n in sorted({**MATCHING, **MISMATCHED}.items()))
    body = _BODY.format(
        count=len(rows), languages=languages, longest=_LONGEST, seconds=_SECONDS, slow=_PACE[0], fast=_PACE[1]
    )
    write_readme(folder, "Spoken captions of Tux Paint", [packages.pins[PACKAGE]], body)
    return Part(FOLDER, str(len(rows)), "GPL-2.0-or-later", "natural sentences; ca and el for the filter")


def read_captions(stamps: Path) -> Iterator[Caption]:
    """All recordings that have a caption in their language, sorted by path.

    Beside `kiwi.png` lie `kiwi.txt` (the English caption, then `fr.utf8=Un kiwi.`) and `kiwi_desc_fr.ogg`.
    """
    for path in sorted(stamps.rglob("*.txt")):
        english, *lines = path.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
        texts = {match[1]: match[2] for match in map(_LINE.fullmatch, lines) if match}
        for language in sorted({**MATCHING, **MISMATCHED}):
            recording = path.with_name(f"{path.stem}_desc_{language}.ogg")
            text = texts.get(language, "").strip()
            if text and english.strip() and recording.is_file():
                category = path.relative_to(stamps).parts[0]
                yield Caption(category, recording, language, text, english.strip())


def is_fit(caption: Caption) -> bool:
    """Whether a caption may be drawn: short and plausible, or of a language that is kept as it comes."""
    if caption.language in MISMATCHED:
        return True
    seconds = float(soundfile.info(caption.path).duration)
    pace = len(caption.text) / max(seconds, 0.1)
    return len(caption.text) <= _LONGEST and seconds <= _SECONDS and _PACE[0] <= pace <= _PACE[1]


def choose(captions: Sequence[Caption], number: int) -> list[Caption]:
    """Draw `number` captions, one from each category in turn, no English caption twice; sorted by path."""
    by_category: dict[str, list[Caption]] = defaultdict(list)
    for caption in sorted(captions, key=_rank):
        by_category[caption.category].append(caption)
    seen: set[str] = set()
    chosen: list[Caption] = []
    for caption in _in_turn(by_category[name] for name in sorted(by_category)):
        if len(chosen) < number and caption.english not in seen:
            seen.add(caption.english)
            chosen.append(caption)
    return sorted(chosen, key=lambda caption: caption.path)


def _rank(caption: Caption) -> int:
    """A stamp ranks alike in the languages of one half: captions recur, but not all in all languages."""
    stem = caption.path.name.partition("_desc_")[0]
    return fold(_SEED, caption.language in _FIRST_HALF, caption.english, stem)


def _in_turn(queues: Iterable[Sequence[Caption]]) -> Iterator[Caption]:
    remaining = [list(queue) for queue in queues]
    while any(remaining):
        for queue in remaining:
            if queue:
                yield queue.pop(0)


def _copy(caption: Caption, stamps: Path, folder: Path, licence: str) -> dict[str, str | None]:
    original = caption.path.read_bytes()
    kept = caption.language in MISMATCHED
    content = original if kept else opus(caption.path)
    stem = caption.path.name.partition("_desc_")[0]
    origin = caption.path.relative_to(stamps).as_posix()
    plain = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")
    name = f"{caption.category}-{plain}-{fold(0, origin) % 16**4:04x}"  # the number keeps names distinct
    file = f"{caption.language}/{name}.{'ogg' if kept else 'opus'}"
    write_media(folder / file, content)
    return {
        "file": file,
        "text": caption.text,
        "language": caption.language,
        "translation": caption.english,
        "group": caption.english,
        "speaker": None,
        "licence": licence,
        "sha256": sha256(content),
        "origin": origin,
        "origin_sha256": sha256(original),
    }
