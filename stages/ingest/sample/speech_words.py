"""Single recorded words of seven voices in five languages: the material of composed utterances.

The recordings are the packages' bytes, untouched (G.722, GSM and WAV), so that ingest decodes telephone
codecs.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from stages.core.errors import BadDataError
from stages.core.files import fresh_folder, write_text
from stages.ingest.sample.parts import (
    Packages,
    Part,
    sha256,
    split_stanza,
    write_manifest,
    write_media,
    write_readme,
)
from stages.ingest.sample.word_tables import words

FOLDER = "speech/words"


class Voice(NamedTuple):
    """A speaker's recordings inside a package."""

    package: str
    folder: str  # below usr/share/asterisk/sounds
    suffix: str
    stanza: str  # how the speaker's stanza of the copyright file begins; "" is the whole file
    credit: str


_CORE = "asterisk-core-sounds-{}-g722"
VOICES: Mapping[str, Voice] = {
    "en-allison": Voice(_CORE.format("en"), "en_US_f_Allison", ".g722", "Files: *", "Allison Smith"),
    "es-allison": Voice(_CORE.format("es"), "es_MX_f_Allison", ".g722", "Files: *", "Allison Smith"),
    "fr-june": Voice(_CORE.format("fr"), "fr_CA_f_June", ".g722", "Files: fr-*", "June Wallack"),
    "it-carlo": Voice(_CORE.format("it"), "it_IT_m_Carlo", ".g722", "Files: it-*", "Carlo Flora"),
    "ru-ivrvoice": Voice(_CORE.format("ru"), "ru_RU_f_IvrvoiceRU", ".g722", "Files: ru-*", "ivrvoice.ru"),
    "fr-armelle": Voice("asterisk-prompt-fr-armelle", "fr", ".gsm", "", "Armelle Desjardins"),
    "it-paola": Voice(
        "asterisk-prompt-it-menardi-wav",
        "it_IT_f_Menardi",
        ".wav",
        "Files: *",
        "Paola Dal Zot, Marco Menardi",
    ),
}
HELD_OUT = ("fr-armelle", "it-paola")

_BODY = """
{count} recordings of single words: {kinds}. {training} are of five training voices, {held_out} of two voices
that no model trains on ({names}). The bytes are those of the packages.

| voice | speaker | recordings | licence |
|---|---|---|---|
{voices}

Allison, June, Carlo and the Russian voice: `LICENCE-core-sounds`; each stanza names the speaker. Paola:
`LICENCE-it-paola`; the files were made by Marco Menardi and Paola Dal Zot, who ask that users be told so
and be pointed to the homepage in that file. Armelle: `LICENCE-fr-armelle`.

`manifest.jsonl` has one line per recording: file, text, language, translation (English), speaker, kind,
licence, sha256.

How the texts came to be: the packages have no transcripts. Asterisk's naming convention says what
`digits/`, `letters/` and the days and months are; the spelling is written by hand in
`stages/ingest/sample/word_tables.py`. Words of spelling alphabets are included only where a forced choice
between the usual alternatives (dynamic time warping on mel cepstra, against a speech synthesiser and
against the English recordings) was clear, and Russian months are in the genitive by the same test. The
Armelle voice's alphabet and the Russian voice's letters were not clear and are left out. Nobody has
listened to the recordings, so a few texts may be wrong.
"""


def build(packages: Packages, out: Path) -> Part:
    """Copy the named recordings and write manifest, licences and README.

    Raises:
        BadDataError: a recording that the tables name is not in its package.
    """
    folder = fresh_folder(out / FOLDER)
    rows = [row for voice in sorted(VOICES) for row in _copy(voice, packages, folder)]
    write_manifest(folder / "manifest.jsonl", rows)
    for name, package in (
        ("core-sounds", _CORE.format("en")),
        ("fr-armelle", VOICES["fr-armelle"].package),
        ("it-paola", VOICES["it-paola"].package),
    ):
        write_text(folder / f"LICENCE-{name}", packages.copyright(package))
    _readme(folder, rows, packages)
    licences = ", ".join(sorted({row["licence"] for row in rows}))
    return Part(FOLDER, str(len(rows)), licences, "strung into utterances at ingest, with exact timings")


def _copy(name: str, packages: Packages, folder: Path) -> list[dict[str, str]]:
    voice = VOICES[name]
    if voice.stanza:
        split_stanza(packages.copyright(voice.package), voice.stanza)
    source = packages.folder(voice.package) / "usr/share/asterisk/sounds" / voice.folder
    rows = []
    for word in words(name):
        path = source / f"{word.recording}{voice.suffix}"
        if not path.is_file():
            raise BadDataError(f"{path}: named by the word table, but not in the package")
        content = path.read_bytes()
        file = f"{name}/{word.kind}/{path.name.lower()}"
        write_media(folder / file, content)
        rows.append(
            {
                "file": file,
                "text": word.text,
                "language": name.partition("-")[0],
                "translation": word.translation,
                "speaker": name,
                "kind": word.kind,
                "licence": packages.pins[voice.package].licence,
                "sha256": sha256(content),
            }
        )
    return rows


def _readme(folder: Path, rows: list[dict[str, str]], packages: Packages) -> None:
    by_voice = Counter(row["speaker"] for row in rows)
    kinds = Counter(row["kind"] for row in rows)
    pins = [packages.pins[voice.package] for voice in VOICES.values()]
    held_out = sum(by_voice[name] for name in HELD_OUT)
    body = _BODY.format(
        count=len(rows),
        kinds=", ".join(f"{number} of kind `{kind}`" for kind, number in sorted(kinds.items())),
        training=len(rows) - held_out,
        held_out=held_out,
        names=" and ".join(HELD_OUT),
        voices="\n".join(
            f"| {name} | {voice.credit} | {by_voice[name]} | {packages.pins[voice.package].licence} |"
            for name, voice in VOICES.items()
        ),
    )
    write_readme(folder, "Single recorded words", pins, body)
