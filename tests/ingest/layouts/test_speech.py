"""Each corpus of speech, in its own file tree, comes out with its texts, languages, speakers and splits."""

from stages.core.records import Record
from tests.ingest.layouts.conftest import Ingested


def facts(records: list[Record]) -> list[tuple[str, str, str | None, str | None]]:
    return [(record.text, record.language, record.speaker, record.split) for record in records]


def test_common_voice(speech: Ingested) -> None:
    found = speech.records("voices")
    assert sorted(facts(found)) == [
        ('"Satz 0', "de", "voice0", "train"),
        ('"Satz 1', "de", "voice1", "dev"),
        ('"Satz 2', "de", "voice2", "test"),
    ]
    assert {record.licence for record in found} == {"CC0-1.0"}
    assert [record.origin.endswith(".mp3") for record in found] == [True] * 3
    assert facts(speech.records("validated")) == [('"Satz 3', "de", "voice3", None)]


def test_librispeech(speech: Ingested) -> None:
    assert sorted(facts(speech.records("libri"))) == sorted(
        (text, "en", speaker, split)
        for speaker, split in (("103", "train"), ("116", "dev_other"), ("121", "test_clean"))
        for text in ("CHAPTER ONE", "MISSUS RACHEL LYNDE")
    )
    assert "LibriSpeech/train-clean-100/103/1240/103-1240-0001.flac" in [
        record.origin for record in speech.records("libri")
    ]


def test_mls(speech: Ingested) -> None:
    assert sorted(facts(speech.records("mls"))) == [
        ("ein satz aus dev", "de", "252", "dev"),
        ("ein satz aus dev", "pl", "252", "dev"),
        ("ein satz aus train", "de", "4800", "train"),
        ("ein satz aus train", "pl", "4800", "train"),
    ]
    assert {record.group for record in speech.records("mls")} == {"4800_10003", "252_10003"}


def test_voxpopuli_as_cut_utterances(speech: Ingested) -> None:
    assert sorted(facts(speech.records("cut"))) == [
        ("Frau Präsidentin 01!", "de", "96808", "train"),
        ("Frau Präsidentin 02!", "de", "96808", "test"),
    ]


def test_voxpopuli_as_whole_sessions(speech: Ingested) -> None:
    """Segments become windows, and no row of the held-out split is in a window of training."""
    found = sorted(speech.records("sessions"), key=lambda record: record.text)
    assert [(record.text, record.split) for record in found] == [
        ("First; said. Second, said.", "train"), ("Held out.", "dev"),
    ]  # fmt: skip
    assert all(record.duration is not None and record.duration <= 30 for record in found)
    assert {record.language for record in found} == {"en"}
    assert speech.reasons("sessions").count("bad_line") == 1


def test_fleurs(speech: Ingested) -> None:
    assert sorted(facts(speech.records("fleurs"))) == sorted(
        (f"{text} {number}", language, None, split)
        for language, text in (("de", "Ein Satz."), ("zh", "一个句子。"))
        for number, split in enumerate(("train", "dev", "test"))
    )
    groups = {record.split: record.group for record in speech.records("fleurs") if record.language == "de"}
    assert groups == {
        record.split: record.group for record in speech.records("fleurs") if record.language == "zh"
    }


def test_columns_and_split_of_the_source_come_before_the_layout(speech: Ingested) -> None:
    assert facts(speech.records("plain")) == [("ein satz. 2", "de", None, "held")]


def test_tedlium(speech: Ingested) -> None:
    found = speech.records("talks")
    assert [record.text for record in found if record.split == "train"] == [
        "i 'm here today to show my photographs of the lakota <unk>",
        "many of you may have heard",
    ]
    first = found[0].segments[1] if found[0].split == "train" else found[-2].segments[1]
    assert (first.start, first.end) == (17.5, 27.0)
    assert {record.split for record in found} == {"train", "test"}
    assert {record.speaker for record in found} == {"AaronHuey", "BillGates"}
    assert {record.licence for record in found} == {"CC-BY-NC-ND-3.0"}


def test_nothing_was_set_aside_but_what_is_broken(speech: Ingested) -> None:
    for source in ("voices", "validated", "libri", "mls", "cut", "fleurs", "plain", "talks"):
        assert set(speech.reasons(source)) == {""}, source
