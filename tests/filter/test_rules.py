"""Each rule condemns what it is for, spares what is just inside, and says what it saw."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.errors import BadConfigError
from stages.core.params import validate
from stages.filter.rules import Rules, judge
from tests.filter.material import picture_row, sound_row, table, text_row

EVERY_RULE: dict[str, Any] = {
    "licence_not_allowed": {"allowed": ["CC0-1.0"]},
    "empty_text": {},
    "text_too_short": {"characters": 3},
    "text_too_long": {"characters": 400},
    "no_letters": {"share": 0.5},
    "script_mismatch": {},
    "repetition": {},
    "machine_transcript": {},
    "too_short": {"seconds": 0.3},
    "too_long": {"seconds": 30},
    "silent": {},
    "clipped": {"share": 0.1},
    "speaking_rate": {"fastest": 25, "slowest": 2, "characters": 6},
    "too_small": {"side": 32},
    "aspect": {"ratio": 3},
    "flat": {},
}
RULES = Rules.model_validate(EVERY_RULE)

CONDEMNED = [
    (text_row("k", error="bad_image"), "unreadable", "bad_image"),
    (text_row("k", licence="GPL-2.0"), "licence_not_allowed", "GPL-2.0"),
    (text_row("k", words=0, characters=0), "empty_text", "0"),
    (text_row("k", characters=2), "text_too_short", "2"),
    (text_row("k", characters=401), "text_too_long", "401"),
    (text_row("k", letters=0.49), "no_letters", "0.49"),
    (text_row("k", script="LATIN", language="ru", script_fits=False), "script_mismatch", "LATIN for ru"),
    (text_row("k", compression=2.5), "repetition", "2.5"),
    (text_row("k", repetition=0.6, words=10), "repetition", "0.6"),
    (text_row("k", upper=0.99, words=20), "machine_transcript", "all upper case"),
    (text_row("k", upper=0.004, words=20), "machine_transcript", "all lower case"),
    (text_row("k", pauses=0, words=40), "machine_transcript", "no punctuation"),
    (text_row("k", upper=None, pauses=0, words=40), "machine_transcript", "no punctuation"),
    (sound_row("k", seconds=0.29), "too_short", "0.29"),
    (sound_row("k", seconds=30.1), "too_long", "30.1"),
    (sound_row("k", loudness=-51.0), "silent", "-51"),
    (sound_row("k", silence=0.96), "silent", "0.96"),
    (sound_row("k", clipped=0.11), "clipped", "0.11"),
    (sound_row("k", speed=25.1), "speaking_rate", "25.1"),
    (sound_row("k", speed=1.0, voiced_speed=1.9), "speaking_rate", "1.9"),
    (picture_row("k", height=31), "too_small", "31"),
    (picture_row("k", aspect=3.01), "aspect", "3.01"),
    (picture_row("k", entropy=0.09), "flat", "0.09"),
    (picture_row("k", main_colour=0.995), "flat", "0.995"),
]

SPARED = [
    text_row("k"),
    sound_row("k"),
    picture_row("k"),
    text_row("k", language="und", script_fits=None),
    text_row("k", repetition=0.6, words=9),
    text_row("k", upper=1.0, words=19),
    text_row("k", upper=None, words=39),  # a script without case
    text_row("k", upper=0.05, pauses=3, words=200),
    sound_row("k", speed=1.0, voiced_speed=1.0, characters=5),  # the name of a letter
    sound_row("k", voiced_speed=None, silence=0.9),
    sound_row("k", seconds=30.0),
    picture_row("k", aspect=3.0, width=32),
]


@pytest.mark.parametrize(("row", "reason", "value"), CONDEMNED)
def test_a_rule_condemns_and_says_what_it_saw(row: dict[str, Any], reason: str, value: str) -> None:
    verdict = judge(table(row).to_pandas(), RULES)
    assert verdict.iloc[0].to_dict() == {"reason": reason, "value": value}


@pytest.mark.parametrize("row", SPARED)
def test_what_is_just_inside_is_spared(row: dict[str, Any]) -> None:
    assert judge(table(row).to_pandas(), RULES)["reason"].isna().all()


def test_every_rule_is_tested() -> None:
    assert {reason for _, reason, _ in CONDEMNED} == set(Rules.model_fields)


def test_the_first_rule_in_the_fixed_order_gives_the_reason() -> None:
    row = picture_row("k", error=None, aspect=9.0, characters=1, letters=0.0, entropy=0.0)
    backwards = Rules.model_validate(dict(reversed(EVERY_RULE.items())))
    for rules in (RULES, backwards):
        assert judge(table(row).to_pandas(), rules)["reason"].tolist() == ["text_too_short"]


def test_rules_that_are_not_listed_are_not_asked() -> None:
    rows = table(*(row for row, _, _ in CONDEMNED)).to_pandas()
    assert judge(rows, Rules())["reason"].dropna().tolist() == ["unreadable"]
    assert list(Rules().asked()) == ["unreadable"]


def test_no_rows_have_no_verdicts() -> None:
    assert len(judge(table().to_pandas(), RULES)) == 0


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(len(CONDEMNED))))
def test_a_verdict_does_not_depend_on_the_neighbours(order: list[int]) -> None:
    rows = [CONDEMNED[number][0] for number in order]
    verdicts = judge(table(*rows).to_pandas(), RULES)
    assert verdicts["reason"].tolist() == [CONDEMNED[number][1] for number in order]
    assert verdicts["value"].tolist() == [CONDEMNED[number][2] for number in order]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"to_short": {"seconds": 1}}, "filter.x.to_short: unknown key; did you mean 'too_short'"),
        ({"too_short": {"second": 1}}, "filter.x.too_short.second"),
        ({"no_letters": {"share": 1.5}}, "filter.x.no_letters.share"),
        ({"too_long": {}}, "filter.x.too_long.seconds"),
    ],
)
def test_a_mistake_in_the_thresholds_is_named(content: dict[str, Any], message: str) -> None:
    with pytest.raises(BadConfigError, match=message):
        validate(content, "filter.x", Rules)
