"""Emoji in three drawing styles: the same concepts under the same names, so that a style can be held out.

Emojibase is the one authority for names and keywords. Skin tones are left out, as are parts of emoji that
stand for nothing alone (regional indicators, hair styles).
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from stages.core.files import fresh_folder, write_text
from stages.ingest.sample.parts import (
    Packages,
    Part,
    common_licence,
    sha256,
    spdx_text,
    write_manifest,
    write_media,
    write_readme,
)
from stages.ingest.sample.pictures import SIDE, draw, encode, flatten

FOLDER = "images"
NAMES = "emojibase-data"

_BODY = """
{count} pictures of {side}x{side} pixels, one for each concept of Emojibase that this style draws, without
skin tones. {made} They were laid on white and, where that saves bytes, given a palette of 64 colours: the
pictures were changed.

`manifest.jsonl` has one line per picture: file, text (the name), tags (keywords), group (the name again:
the same concept has the same group in all three styles, and must not be torn between training and testing),
licence, sha256. Names and keywords are Emojibase's (MIT, `LICENCE-names`).

{credit}
"""


class Style(NamedTuple):
    """A set of drawings inside a package."""

    package: str
    drawings: str  # a folder of the package
    pattern: str
    made: str
    credit: str


class Concept(NamedTuple):
    """What an emoji means, in any style."""

    code: str  # code points in lower-case hexadecimal, without the variation selector
    name: str
    tags: tuple[str, ...]


STYLES: Mapping[str, Style] = {
    "twemoji": Style(
        "@discordapp/twemoji",
        "package/dist/svg",
        "*.svg",
        "They were rendered from SVG with resvg.",
        "Twemoji graphics: copyright Twitter, Inc and other contributors, Jason Sofonia and Justine De "
        "Caires; CC-BY-4.0, full text in `LICENCE`.",
    ),
    "openmoji": Style(
        "openmoji",
        "package/color/svg",
        "*.svg",
        "They were rendered from SVG with resvg.",
        "All emojis designed by OpenMoji, the open-source emoji and icon project; CC-BY-SA-4.0, full text in "
        "`LICENCE`. The pictures here are under the same licence.",
    ),
    "noto": Style(
        "emoji-datasource-google",
        "package/img/google/64",
        "*.png",
        "They are the package's PNG files of that size.",
        "Noto Emoji, copyright Google Inc. and other contributors; Apache-2.0, full text in `LICENCE`.",
    ),
}


def build(packages: Packages, out: Path) -> Part:
    """Draw every style and write manifests, licences and READMEs."""
    concepts = {concept.code: concept for concept in read_concepts(packages.folder(NAMES))}
    counts: Counter[str] = Counter()
    for name in STYLES:
        counts[name] = _build_style(name, concepts, packages, fresh_folder(out / FOLDER / name))
    licences = ", ".join(packages.pins[style.package].licence for style in STYLES.values())
    count = ", ".join(f"{number} {name}" for name, number in counts.items())
    return Part(f"{FOLDER}/{{{','.join(STYLES)}}}", count, licences, "zero-shot to a style never seen (noto)")


def read_concepts(package: Path) -> Iterator[Concept]:
    """The concepts of Emojibase that belong to a group, in its order."""
    for entry in json.loads((package / "package/en/data.json").read_text(encoding="utf-8")):
        if "group" in entry:
            yield Concept(code(entry["hexcode"]), entry["label"], tuple(entry.get("tags", ())))


def code(hexadecimal: str) -> str:
    """One spelling of a sequence of code points: packages differ in case, zeros and variation selectors.

    >>> code("23-FE0F-20E3")
    '0023-20e3'
    """
    points = [point.zfill(4) for point in re.split("[-_]", hexadecimal.lower())]
    return "-".join(point for point in points if point != "fe0f")


def _build_style(name: str, concepts: Mapping[str, Concept], packages: Packages, folder: Path) -> int:
    style = STYLES[name]
    pin = packages.pins[style.package]
    drawings = packages.folder(style.package) / style.drawings
    paths = {code(path.stem): path for path in sorted(drawings.glob(style.pattern))}
    rows = []
    for concept in (concepts[key] for key in sorted(concepts) if key in paths):
        content = encode(flatten(_OPEN[paths[concept.code].suffix](paths[concept.code])))
        file = f"{concept.code}.png"
        write_media(folder / file, content)
        rows.append(
            {
                "file": file,
                "text": concept.name,
                "tags": list(concept.tags),
                "group": concept.name,
                "licence": pin.licence,
                "sha256": sha256(content),
            }
        )
    write_manifest(folder / "manifest.jsonl", rows)
    _papers(name, len(rows), packages, folder)
    return len(rows)


def _draw(path: Path) -> Image.Image:
    return draw(path.read_text(encoding="utf-8"), SIDE, SIDE)


_OPEN: Mapping[str, Callable[[Path], Image.Image]] = {".svg": _draw, ".png": Image.open}


def _papers(name: str, count: int, packages: Packages, folder: Path) -> None:
    style = STYLES[name]
    pins = [packages.pins[style.package], packages.pins[NAMES]]
    licence = pins[0].licence
    write_text(
        folder / "LICENCE",
        common_licence(licence) if licence == "Apache-2.0" else spdx_text(packages, licence),
    )
    names = packages.folder(NAMES) / "package/LICENSE"
    write_text(folder / "LICENCE-names", names.read_text(encoding="utf-8"))
    body = _BODY.format(count=count, side=SIDE, made=style.made, credit=style.credit)
    write_readme(folder, f"Emoji drawn by {name}", pins, body)
