"""Each rule condemns what it is for, spares what is just inside, and says what it saw."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.errors import BadConfigError, BadDataError
from stages.core.features import FEATURES
from stages.core.params import validate
from stages.filter.learned.clusters import Clusters
from stages.filter.learned.svm import Svm
from stages.filter.rules import Rules, judge
from stages.filter.rules.sources import ERROR_RATES
from tests.filter.material import picture_row, pinned, sound_row, table, text_row

PLAIN_RULES: dict[str, Any] = {
    "licence_not_allowed": {"allowed": ["CC0-1.0"]},
    "empty_text": {},
    "text_too_short": {"characters": 3},
    "text_too_long": {"characters": 400},
    "too_few_words": {"words": 2},
    "too_many_words": {"words": 90},
    "no_letters": {"share": 0.5},
    "script_mismatch": {},
    "repetition": {},
    "too_short": {"seconds": 0.3},
    "too_long": {"seconds": 30},
    "silent": {},
    "clipped": {"share": 0.1},
    "speaking_rate": {"fastest": 25, "slowest": 2, "characters": 6},
    "file_size": {"least": 5000, "most": 9000},
    "other_language": {"wanted": ["en", "de"]},
    "speech_without_text": {"share": 0.1},
    "text_without_speech": {"share": 0.05},
    "language_mismatch": {},
    "too_small": {"side": 32},
    "aspect": {"ratio": 3},
    "flat": {},
    "nsfw": {"probability": 0.5},
    "watermark": {"probability": 0.8},
    "faces": {"count": 2},
    "low_clip_score": {"cosine": 0.2, "by_language": {"en": 0.25}},
}


@pytest.fixture(scope="module")
def every_rule(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All rules, with files for those that read one."""
    folder = tmp_path_factory.mktemp("learned")
    rates = {"source": ["made", "captions", "few"], "samples": [500, 500, 99], "error_rate": [0.1, 0.9, 0.9]}
    pq.write_table(pa.table(rates, ERROR_RATES), folder / "rates.parquet")
    centres = {"people": [1, 0, 0], "violence": [-1, 0, 0], "hate_symbols": [0, -1, 0]}
    for name, centre in centres.items():  # what lies less than 0.83 from the centre
        Svm(np.array([centre], float), np.ones(1), 1.0, -0.5).save(folder / f"{name}.safetensors")
    Clusters(np.eye(3), np.array([True, False, True])).save(folder / "clusters.safetensors")
    return {
        **PLAIN_RULES,
        "source_error_rate": {"table": pinned(folder / "rates.parquet"), "highest": 0.5},
        **{name: {"classifier": pinned(folder / f"{name}.safetensors")} for name in centres},
        "outside_target": {"clusters": pinned(folder / "clusters.safetensors")},
    }


@pytest.fixture(scope="module")
def rules(every_rule: dict[str, Any]) -> Rules:
    return Rules.model_validate(every_rule)


CONDEMNED = [
    (text_row("k", error="bad_image"), "unreadable", "bad_image"),
    (text_row("k", licence="GPL-2.0"), "licence_not_allowed", "GPL-2.0"),
    (text_row("k", words=0, characters=0), "empty_text", "0"),
    (text_row("k", characters=2), "text_too_short", "2"),
    (text_row("k", characters=401), "text_too_long", "401"),
    (text_row("k", source="captions"), "source_error_rate", "0.9"),
    (picture_row("k", bytes=4999), "file_size", "4999"),
    (picture_row("k", bytes=9001), "file_size", "9001"),
    (text_row("k", words=1), "too_few_words", "1"),
    (text_row("k", words=91), "too_many_words", "91"),
    (text_row("k", letters=0.49), "no_letters", "0.49"),
    (text_row("k", script="LATIN", language="ru", script_fits=False), "script_mismatch", "LATIN for ru"),
    (text_row("k", text_language="fr"), "other_language", "fr"),
    (text_row("k", text_language=None, text_language_score=None), "other_language", "unknown"),
    (text_row("k", compression=2.5), "repetition", "2.5"),
    (text_row("k", repetition=0.6, words=10), "repetition", "0.6"),
    (sound_row("k", seconds=0.29), "too_short", "0.29"),
    (sound_row("k", seconds=30.1), "too_long", "30.1"),
    (sound_row("k", loudness=-51.0), "silent", "-51"),
    (sound_row("k", silence=0.96), "silent", "0.96"),
    (sound_row("k", clipped=0.11), "clipped", "0.11"),
    (sound_row("k", speech=0.04), "text_without_speech", "0.04"),
    (sound_row("k", language="fr", text_language="de", characters=20), "language_mismatch", "de for fr"),
    (
        sound_row("k", text_language="de", characters=20, spoken_language="fr", spoken_language_score=0.9),
        "language_mismatch",
        "de for fr",
    ),
    (sound_row("k", speed=25.1), "speaking_rate", "25.1"),
    (sound_row("k", speed=1.0, voiced_speed=1.9), "speaking_rate", "1.9"),
    (picture_row("k", height=31), "too_small", "31"),
    (picture_row("k", aspect=3.01), "aspect", "3.01"),
    (picture_row("k", entropy=0.09), "flat", "0.09"),
    (picture_row("k", main_colour=0.995), "flat", "0.995"),
    (picture_row("k", nsfw=0.51), "nsfw", "0.51"),
    (picture_row("k", watermark=0.81), "watermark", "0.81"),
    (picture_row("k", faces=3.0), "faces", "3"),
    (picture_row("k", clip_score=0.24), "low_clip_score", "0.24"),
    (picture_row("k", clip_score=0.19, text_language="de"), "low_clip_score", "0.19"),
    (picture_row("k", embedding=[1.0, 0.0, 0.0]), "people", "0.5"),
    (picture_row("k", embedding=[-1.0, 0.0, 0.0]), "violence", "0.5"),
    (picture_row("k", embedding=[0.0, -1.0, 0.0]), "hate_symbols", "0.5"),
    (picture_row("k", embedding=[0.0, 1.0, 0.0]), "outside_target", "1"),
]

SPARED = [
    text_row("k"),
    sound_row("k"),
    picture_row("k"),
    text_row("k", language="und", script_fits=None),
    text_row("k", repetition=0.6, words=9),
    sound_row("k", speed=1.0, voiced_speed=1.0, characters=5),  # the name of a letter
    sound_row("k", voiced_speed=None, silence=0.9),
    sound_row("k", seconds=30.0),
    picture_row("k", aspect=3.0, width=32),
    picture_row("k", bytes=5000, nsfw=0.5, watermark=0.8, faces=2.0, clip_score=0.25),
    picture_row("k", text_language="de", clip_score=0.2),
    picture_row("k", nsfw=None, watermark=None, faces=None, clip_score=None, embedding=None, bytes=None),
    text_row("k", source="few"),
    text_row("k", words=90),
    sound_row("k", speech=0.05),
    sound_row("k", speech=None),
    sound_row("k", language="de-AT", text_language="de", characters=20),
    sound_row("k", language="fr", text_language="en", characters=20),  # a translation
    sound_row("k", language="fr", text_language="de", words=4),  # too little to tell
    sound_row("k", language="und", text_language="de", characters=20),
    sound_row(
        "k", language="de", text_language="de", characters=20, spoken_language="fr", spoken_language_score=0.4
    ),
    picture_row("k", language="fr", text_language="de", characters=20),  # nothing is spoken
]
WITHOUT_TEXT = [
    (sound_row("k", words=0, speech=0.1), "speech_without_text"),
    (sound_row("k", words=0, speech=0.09), None),  # silence, which the selection `no_speech` counts
    (sound_row("k", words=0, speech=None), None),
    (sound_row("k", words=1, speech=0.5), None),
]


@pytest.mark.parametrize(("row", "reason", "value"), CONDEMNED)
def test_a_rule_condemns_and_says_what_it_saw(
    rules: Rules, row: dict[str, Any], reason: str, value: str
) -> None:
    verdict = judge(table(row).to_pandas(), rules)
    assert verdict.iloc[0].to_dict() == {"reason": reason, "value": value}


@pytest.mark.parametrize("row", SPARED)
def test_what_is_just_inside_is_spared(rules: Rules, row: dict[str, Any]) -> None:
    assert judge(table(row).to_pandas(), rules)["reason"].isna().all()


@pytest.mark.parametrize(("row", "reason"), WITHOUT_TEXT)
def test_speech_without_a_transcript_is_no_silence(row: dict[str, Any], reason: str | None) -> None:
    rules = Rules.model_validate(
        {"speech_without_text": {"share": 0.1}, "text_without_speech": {"share": 0.05}}
    )
    assert judge(table(row).to_pandas(), rules)["reason"].tolist() == [reason]


def test_every_rule_is_tested() -> None:
    assert {reason for _, reason, _ in CONDEMNED} | {"speech_without_text"} == set(Rules.model_fields)


def test_the_first_rule_in_the_fixed_order_gives_the_reason(every_rule: dict[str, Any]) -> None:
    row = picture_row("k", error=None, aspect=9.0, characters=1, letters=0.0, entropy=0.0)
    for content in (every_rule, dict(reversed(every_rule.items()))):
        rules = Rules.model_validate(content)
        assert judge(table(row).to_pandas(), rules)["reason"].tolist() == ["text_too_short"]


def test_rules_that_are_not_listed_are_not_asked() -> None:
    rows = table(*(row for row, _, _ in CONDEMNED)).to_pandas()
    assert judge(rows, Rules())["reason"].dropna().tolist() == ["unreadable"]
    assert list(Rules().asked()) == ["unreadable"]


def test_a_rule_reads_no_columns_but_those_it_names(rules: Rules) -> None:
    rows = table(*(row for row, _, _ in CONDEMNED)).to_pandas()
    for rule in rules.asked().values():
        rule.judge(rows[sorted(rule.columns)])


def test_no_rows_have_no_verdicts(rules: Rules) -> None:
    assert len(judge(table().to_pandas(), rules)) == 0


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(len(CONDEMNED))))
def test_a_verdict_does_not_depend_on_the_neighbours(rules: Rules, order: list[int]) -> None:
    rows = [CONDEMNED[number][0] for number in order]
    verdicts = judge(table(*rows).to_pandas(), rules)
    assert verdicts["reason"].tolist() == [CONDEMNED[number][1] for number in order]
    assert verdicts["value"].tolist() == [CONDEMNED[number][2] for number in order]


# A threshold, the feature that it bounds, and whether a higher threshold drops more.
BOUNDS = [
    ("file_size", "least", "bytes", True),
    ("too_few_words", "words", "words", True),
    ("too_many_words", "words", "words", False),
    ("text_without_speech", "share", "speech", True),
    ("nsfw", "probability", "nsfw", False),
    ("watermark", "probability", "watermark", False),
    ("faces", "count", "faces", False),
    ("low_clip_score", "cosine", "clip_score", True),
    ("too_small", "side", "width", True),
    ("aspect", "ratio", "aspect", False),
]


@pytest.mark.parametrize(("rule", "field", "feature", "more"), BOUNDS)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_higher_threshold_never_errs_in_its_direction(
    rule: str, field: str, feature: str, more: bool, data: st.DataObject
) -> None:
    kind = pa.types.is_floating(FEATURES.field(feature).type) and field != "count"
    number = st.floats(1, 4) if feature == "aspect" else st.floats(0, 1) if kind else st.integers(1, 9)
    low, high = sorted(data.draw(st.tuples(number, number)))
    values = data.draw(st.lists(number, min_size=1, max_size=20))
    rows = table(*(picture_row(str(n), **{feature: value}) for n, value in enumerate(values))).to_pandas()
    at_low, at_high = (
        judge(rows, Rules.model_validate({rule: {field: bound}}))["reason"].notna() for bound in (low, high)
    )
    assert not ((at_low & ~at_high) if more else (at_high & ~at_low)).any()


def test_a_file_that_is_not_the_one_of_params_is_named(tmp_path: Path) -> None:
    path = tmp_path / "people.safetensors"
    Svm(np.eye(3)[:1], np.ones(1), 2.0, -0.5).save(path)
    rules = Rules.model_validate({"people": {"classifier": pinned(path)}})
    Svm(np.eye(3)[:1], np.ones(1), 2.0, 0.0).save(path)
    with pytest.raises(
        BadDataError, match=r"people\.safetensors: its sha256 is [0-9a-f]{64}, and params\.yaml"
    ):
        judge(table(picture_row("k")).to_pandas(), rules)
    path.unlink()
    with pytest.raises(BadDataError, match=r"people\.safetensors: cannot be read"):
        judge(table(picture_row("k")).to_pandas(), rules)


def test_a_file_of_another_kind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rates.parquet"
    pq.write_table(pa.table({"source": ["made"], "wer": [0.5]}), path)
    with pytest.raises(BadDataError, match=r"rates\.parquet: no table of source, samples, error_rate"):
        judge(
            table(text_row("k")).to_pandas(),
            Rules.model_validate({"source_error_rate": {"table": pinned(path), "highest": 1}}),
        )
    with pytest.raises(BadDataError, match=r"rates\.parquet: no classifier"):
        judge(
            table(picture_row("k")).to_pandas(),
            Rules.model_validate({"people": {"classifier": pinned(path)}}),
        )


def test_embeddings_of_another_clip_are_refused(rules: Rules) -> None:
    with pytest.raises(BadDataError, match="embedding: 4 numbers where 3 were learned from"):
        judge(table(picture_row("k", embedding=[1.0, 0.0, 0.0, 0.0])).to_pandas(), rules)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"to_short": {"seconds": 1}}, "filter.x.to_short: unknown key; did you mean 'too_short'"),
        ({"too_short": {"second": 1}}, "filter.x.too_short.second"),
        ({"no_letters": {"share": 1.5}}, "filter.x.no_letters.share"),
        ({"too_long": {}}, "filter.x.too_long.seconds"),
        (
            {"low_clip_score": {"cosine": 0.3, "share": 0.3}},
            "filter.x.low_clip_score: .*either cosine or share",
        ),
        ({"people": {"classifier": {"path": "x", "sha256": "y"}}}, "filter.x.people.classifier.sha256"),
    ],
)
def test_a_mistake_in_the_thresholds_is_named(content: dict[str, Any], message: str) -> None:
    with pytest.raises(BadConfigError, match=message):
        validate(content, "filter.x", Rules)
