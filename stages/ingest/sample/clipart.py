"""Clip-art with titles and keywords, as a public collection is: repeated, skewed, some of it junk.

Whole titles are drawn, so that what the collection repeats is repeated here: near-identical pictures,
titles that are file names, drawings in odd shapes, pictures that come out blank. Cleaning them is the
filter's work. The manifest is a TSV, since manifests of the web are not all JSON.
"""

import csv
import io
import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from stages.core.files import fresh_folder, write_text
from stages.core.seeds import fold
from stages.ingest.sample.parts import Packages, Part, sha256, spdx_text, write_media, write_readme
from stages.ingest.sample.pictures import SIDE, draw, encode, flatten

FOLDER = "images/clipart"
PACKAGE = "openclipart-svg"
_NUMBER = 2000  # pictures, about: the last title drawn comes whole
_PER_TITLE = 12  # pictures; a few titles have hundreds
_TALLEST = 8 * SIDE  # pixels
_SEED = 4  # which titles: any would do
_COLUMNS = ("file", "title", "keywords", "category", "licence", "sha256")
_DC = "{http://purl.org/dc/elements/1.1/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_PUBLIC_DOMAIN = "PublicDomain"

_BODY = """
{count} pictures of the Open Clip Art Library under {titles} titles, rendered from SVG with resvg {side}
pixels wide and as high as their shape asks, laid on white, and given a palette of 64 colours where that
saves bytes.

`manifest.tsv` has one line per picture: file, title (some are empty), keywords (separated by commas),
category, licence, sha256.

How they were chosen: {eligible} of the package's {found} drawings say in their own metadata that they are
in the public domain. Titles were drawn at random, beginning with the empty one, and of each at most
{per_title} drawings. {failed} drawings that cannot be rendered or are taller than {tallest} pixels were
passed over. Nothing else was cleaned: duplicates, junk titles and blank pictures occur as they do in the
collection.

Licence: Creative Commons Public Domain Dedication and Certification, text in `LICENCE`.
"""


class Drawing(NamedTuple):
    """An SVG file and what its metadata say."""

    path: Path
    category: str  # its folder: food/fruit
    title: str
    keywords: tuple[str, ...]


def build(packages: Packages, out: Path) -> Part:
    """Render the chosen drawings and write manifest, licence and README."""
    root = packages.folder(PACKAGE) / "usr/share/openclipart/svg"
    folder = fresh_folder(out / FOLDER)
    paths = sorted(root.rglob("*.svg"))
    drawings = [drawing for path in paths if (drawing := read_drawing(path, root))]
    pin = packages.pins[PACKAGE]
    rows, failed = [], 0
    for drawing in choose(drawings, _NUMBER):
        content = render(drawing.path)
        if content is None:
            failed += 1
            continue
        file = file_name(drawing)
        write_media(folder / file, content)
        keywords = ", ".join(drawing.keywords)
        rows.append((file, drawing.title, keywords, drawing.category, pin.licence, sha256(content)))
    write_text(folder / "manifest.tsv", tsv([_COLUMNS, *rows]))
    write_text(folder / "LICENCE", spdx_text(packages, pin.licence))
    body = _BODY.format(
        count=len(rows),
        titles=len({row[1] for row in rows}),
        side=SIDE,
        eligible=len(drawings),
        found=len(paths),
        per_title=_PER_TITLE,
        failed=failed,
        tallest=_TALLEST,
    )
    write_readme(folder, "Clip-art", [pin], body)
    return Part(FOLDER, str(len(rows)), pin.licence, "a real funnel: duplicates, skew and junk are kept")


def read_drawing(path: Path, root: Path) -> Drawing | None:
    """The metadata of a drawing, or None if it is no XML or not declared to be in the public domain."""
    try:
        tree = ET.parse(path)  # noqa: S314 - a package pinned by hash, and expat bounds entities
    except ET.ParseError:
        return None
    licences = [
        value
        for element in tree.iter()
        if element.tag.rpartition("}")[2] == "license"
        for key, value in element.attrib.items()
        if key == f"{_RDF}resource"
    ]
    if not licences or not all(value.rstrip("/").endswith(_PUBLIC_DOMAIN) for value in licences):
        return None
    works = (element for element in tree.iter() if element.tag.rpartition("}")[2] == "Work")
    title = _plain(next((work.findtext(f"{_DC}title", "") for work in works), ""))  # not a creator's title
    words = (
        _plain(item.text or "")
        for subject in tree.iter(f"{_DC}subject")
        for item in subject.iter(f"{_RDF}li")
    )
    category = path.parent.relative_to(root).as_posix()
    return Drawing(path, category, title, tuple(dict.fromkeys(word for word in words if word)))


def choose(drawings: Sequence[Drawing], number: int) -> list[Drawing]:
    """Draw whole titles, the empty one first, until there are `number` drawings; sorted by path."""
    by_title: dict[str, list[Drawing]] = defaultdict(list)
    for drawing in drawings:
        by_title[drawing.title.lower()].append(drawing)
    chosen: list[Drawing] = []
    for title in sorted(by_title, key=lambda title: (title != "", fold(_SEED, title))):
        if len(chosen) < number:
            chosen += sorted(by_title[title], key=lambda each: fold(_SEED, each.path.name))[:_PER_TITLE]
    return sorted(chosen)


def render(path: Path) -> bytes | None:
    """A drawing as PNG, or None if it cannot be rendered within the bounds."""
    try:
        image = draw(path.read_text(encoding="utf-8", errors="replace"), SIDE)
    except ValueError:
        return None
    return encode(flatten(image)) if image.height <= _TALLEST else None


def file_name(drawing: Drawing) -> str:
    """A plain name: `food/fruit` and `Fly 01.svg` give `food-fruit-fly_01.png`."""
    name = f"{drawing.category.replace('/', '-')}-{drawing.path.stem}"
    return re.sub(r"[^a-z0-9._-]+", "_", name.lower()) + ".png"


def tsv(rows: Sequence[Sequence[str]]) -> str:
    """Rows as tab-separated text, quoted where CSV readers need it."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter="\t", lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def _plain(text: str) -> str:
    return " ".join(text.split())
