import hashlib

import pytest

from stages.core.errors import BadDataError
from stages.ingest.packages import Package
from stages.ingest.sample import speech_words
from stages.ingest.sample.__main__ import contents, main
from stages.ingest.sample.parts import Packages, Part, split_stanza
from stages.ingest.sample.speech_words import VOICES
from stages.ingest.sample.word_tables import words


@pytest.fixture
def packages(tmp_path):
    """Packages with recordings of one byte each, in the layout of the real ones."""
    root = tmp_path / "packages"
    pins = {}
    for voice in VOICES:
        name, folder = VOICES[voice].package, VOICES[voice].folder
        pins[name] = Package(client="apt", name=name, version="1", sha256="a" * 64, licence="CC-BY-3.0")
        (root / f"{name}.sha256").parent.mkdir(parents=True, exist_ok=True)
        (root / f"{name}.sha256").write_text("a" * 64 + "\n")
        paper = root / name / "usr/share/doc" / name / "copyright"
        paper.parent.mkdir(parents=True, exist_ok=True)
        paper.write_text("Format\n\nFiles: *\nA\n\nFiles: fr-*\nB\n\nFiles: it-*\nC\n\nFiles: ru-*\nD\n")
        for word in words(voice):
            path = (
                root / name / "usr/share/asterisk/sounds" / folder / f"{word.recording}{VOICES[voice].suffix}"
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(word.kind.encode())
    return Packages(root, pins)


def digest(folder):
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    content = b"".join(str(path.relative_to(folder)).encode() + path.read_bytes() for path in paths)
    return hashlib.sha256(content).hexdigest()


def test_the_same_packages_give_the_same_bytes_and_leave_nothing_old(packages, tmp_path):
    part = speech_words.build(packages, tmp_path / "one")
    stale = tmp_path / "two/speech/words/stale.g722"
    stale.parent.mkdir(parents=True)
    stale.touch()
    speech_words.build(packages, tmp_path / "two")
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    assert part.count == str(sum(len(words(voice)) for voice in VOICES))


def test_a_missing_recording_is_named(packages, tmp_path):
    path = (
        packages.root / "asterisk-core-sounds-it-g722/usr/share/asterisk/sounds/it_IT_m_Carlo/digits/7.g722"
    )
    path.unlink()
    with pytest.raises(BadDataError, match=r"7\.g722: named by the word table"):
        speech_words.build(packages, tmp_path / "out")


def test_a_package_of_another_hash_is_not_used(packages):
    (packages.root / "asterisk-prompt-fr-armelle.sha256").write_text("b" * 64)
    with pytest.raises(BadDataError, match="--only asterisk-prompt-fr-armelle"):
        packages.folder("asterisk-prompt-fr-armelle")


def test_a_changed_licence_stops_the_build():
    with pytest.raises(BadDataError, match="read the licence again"):
        split_stanza("Files: *\nA", "Files: ru-*")


def test_without_packages_the_exit_code_and_the_remedy_are_told(tmp_path, capsys):
    code = main(["--packages", str(tmp_path), "--out", str(tmp_path / "out"), "--only", "speech_words"])
    assert code == 65
    assert "stages.ingest packages --corpus sample" in capsys.readouterr().err


def test_the_table_of_contents_has_a_row_for_each_part():
    text = contents([Part("text", "3 pairs", "MPL-2.0", "translation")])
    assert "| `text` | 3 pairs | MPL-2.0 | translation |" in text
