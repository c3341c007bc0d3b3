"""Machine-made transcripts are told from those that people wrote, in many languages, by the whole file."""

import random
from collections.abc import Callable, Iterable

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.filter.selections.transcripts import MachineTranscript
from tests.filter.material import sound_row, table
from tests.filter.selections.asking import drops
from tests.filter.selections.texts import TALKS, english, french, naively_normalised, unpunctuated

CASED = ["de", "el", "es", "ru"]
WITH_COMMAS = [language for language in TALKS if language != "th"]


def windows(file: str, texts: Iterable[str], script: str = "LATIN") -> list[dict]:
    """The samples that ingest cuts from one file."""
    return [
        sound_row(
            f"{file}-{number:04d}",
            sha256=f"bytes of {file}",
            text=text,
            text_hash=text,
            words=len(text.split()),
            characters=len(text),
            script=script,
        )
        for number, text in enumerate(texts)
    ]


def files(lines: list[str], change: Callable[[str], str] = str) -> list[list[dict]]:
    """150 files of twenty windows and at least 80 words, each text changed."""
    starts = random.Random(1).sample(range(len(lines) - 20), 150)
    found = [windows(f"file{start}", map(change, lines[start : start + 20])) for start in starts]
    assert all(sum(row["words"] for row in file) >= 80 for file in found)
    return found


def condemned(found: list[list[dict]]) -> dict[str, set[str]]:
    """What is said of each condemned file; all of its windows share its fate."""
    verdicts = drops(MachineTranscript(), table(*(row for file in found for row in file)))
    fates = {file[0]["sha256"]: {verdicts.get(row["key"]) for row in file} for file in found}
    assert all(len(fate) == 1 for fate in fates.values())
    return {file: fate for file, fate in fates.items() if fate != {None}}


@pytest.mark.parametrize(("lines", "language"), [(english(), "en"), (french(), "fr")], ids=["en", "fr"])
@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (lambda text, _: text.lower(), "all lower case"),
        (lambda text, _: text.upper(), "all upper case"),
        (lambda text, _: unpunctuated(text), "no punctuation"),
        (naively_normalised, "no punctuation"),
    ],
    ids=["lower", "upper", "unpunctuated", "normalised"],
)
def test_every_machine_made_file_is_found(
    lines: list[str], language: str, change: Callable, verdict: str
) -> None:
    found = files(lines, lambda text: change(text, language))
    assert condemned(found) == {file[0]["sha256"]: {verdict} for file in found}


@pytest.mark.parametrize(("lines", "lost"), [(english(), 1), (french(), 8)], ids=["en", "fr"])
def test_hardly_any_file_of_people_is_lost(lines: list[str], lost: int) -> None:
    """Of 150: instructions in French do without a comma more often than a story in English."""
    assert len(condemned(files(lines))) <= lost


@pytest.mark.parametrize("language", TALKS)
def test_a_talk_stays_in_any_language(language: str) -> None:
    script, *texts = TALKS[language]
    assert drops(MachineTranscript(unpunctuated_words=40), table(*windows("talk", texts, script))) == {}


@pytest.mark.parametrize("language", CASED)
@pytest.mark.parametrize(
    ("change", "verdict"), [(str.lower, "all lower case"), (str.upper, "all upper case")]
)
def test_a_talk_without_case_is_found_where_there_is_case(
    language: str, change: Callable, verdict: str
) -> None:
    script, *texts = TALKS[language]
    found = drops(MachineTranscript(words=60), table(*windows("talk", map(change, texts), script)))
    assert set(found.values()) == {verdict}
    assert len(found) == len(texts)


@pytest.mark.parametrize("language", WITH_COMMAS)
@pytest.mark.parametrize("normalised", [False, True])
def test_a_talk_without_commas_is_found_where_there_are_commas(language: str, normalised: bool) -> None:
    script, *texts = TALKS[language]
    made = [naively_normalised(text, language) if normalised else unpunctuated(text) for text in texts]
    rule = MachineTranscript(unpunctuated_words=40)
    assert set(drops(rule, table(*windows("talk", made, script))).values()) == {"no punctuation"}


def test_a_language_without_commas_is_not_judged_by_them() -> None:
    script, *texts = TALKS["th"]
    rows = table(*windows("talk", map(unpunctuated, texts), script))
    assert drops(MachineTranscript(unpunctuated_words=1), rows) == {}


def test_a_latin_name_makes_no_chinese_text_lower_case() -> None:
    texts = [f"{text} iphone wifi" for text in TALKS["zh"][1:]]
    assert drops(MachineTranscript(words=1), table(*windows("talk", texts, "CJK"))) == {}


def test_the_file_counts_and_not_the_window() -> None:
    """One window in capitals says nothing; a comma anywhere speaks for the whole file."""
    words = " ".join(["word"] * 30)
    human = windows("human", [words, words + " and so", words.upper(), f"Well, {words}."])
    machine = windows("machine", [words, words + " and so", words + " on"])
    found = drops(MachineTranscript(lower=1), table(*human, *machine))
    assert found == {row["key"]: "all lower case" for row in machine}


def test_a_short_file_is_not_judged() -> None:
    short = windows("short", [" ".join(["word"] * 10), " ".join(["other"] * 9)])
    assert drops(MachineTranscript(), table(*short)) == {}


def test_what_a_file_says_again_and_again_counts_once() -> None:
    """The same three words, strung together anew each time, are no long text."""
    assert drops(MachineTranscript(), table(*windows("digits", ["one two three"] * 50))) == {}


def test_windows_without_words_are_for_others_to_judge() -> None:
    machine = windows("machine", [" ".join(["word"] * 30), ""])
    assert list(drops(MachineTranscript(), table(*machine))) == ["machine-0000"]


@settings(max_examples=3, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(dice: random.Random) -> None:
    rows = [
        row for file in files(english()[:400], str.lower)[:3] + files(english()[:400])[3:6] for row in file
    ]
    assert drops(MachineTranscript(), table(*dice.sample(rows, len(rows)))) == drops(
        MachineTranscript(), table(*rows)
    )


BOUNDS = {
    "words": st.integers(1, 9),
    "upper": st.floats(0, 1),
    "lower": st.floats(0, 1),
    "unpunctuated_words": st.integers(1, 9),
}


@settings(max_examples=12, deadline=None)
@given(field=st.sampled_from(sorted(BOUNDS)), data=st.data())
def test_a_laxer_threshold_never_drops_more(field: str, data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.text("aAbB, .", max_size=60), min_size=1, max_size=6))
    rows: pa.Table = table(*(row for n, text in enumerate(texts) for row in windows(f"file{n}", [text])))
    strict, lax = sorted(data.draw(st.tuples(BOUNDS[field], BOUNDS[field])))
    others = {"words": 2, "upper": 1, "lower": 1, "unpunctuated_words": 3}
    dropped = [drops(MachineTranscript(**(others | {field: bound})), rows) for bound in (strict, lax)]
    assert dropped[1].keys() <= dropped[0].keys()
