import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.report.text import clean, count, number, percent, spelled, tick, words

THIN = "\N{NARROW NO-BREAK SPACE}"


@given(st.text())
def test_clean_text_is_clean_and_as_long(text):
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    assert clean(cleaned) == cleaned
    assert not any(char in cleaned for char in "\x00\x1b\x7f\u202e\u2066")
    cleaned.encode()


@given(st.text(st.characters(categories=("L", "N", "P", "S"))))
def test_letters_of_all_scripts_stay(text):
    assert clean(text) == text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


def test_marks_of_right_to_left_scripts_stay():
    assert clean("שלום\u200f!") == "שלום\u200f!"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"), (0, "0"), (0.125, "0.125"), (0.0029, "0.0029"), (0.00006, "6.0×10⁻⁵"), (1.008, "1.01"),
        (-0.01, "−0.010"), (12345, "12 345"), (20260.0, "20 260"), (43.21, "43.2"),
        (float("nan"), "not finite"),
    ],
)  # fmt: skip
def test_numbers(value, shown):
    assert number(value).replace(THIN, " ") == shown


@given(st.floats(min_value=1e-4, max_value=1e5))
def test_a_shown_number_is_near_the_measured_one(value):
    shown = float(number(value).replace(THIN, "").replace("×10⁻⁴", "e-4"))
    assert shown == pytest.approx(value, rel=0.06)


def test_words_and_shares():
    assert count(1234567) == f"1{THIN}234{THIN}567"
    assert [percent(share) for share in (0.996, 0.9999, 1)] == [
        f"99.6{THIN}%",
        f"> 99.9{THIN}%",
        f"100{THIN}%",
    ]
    assert (percent(0.987), percent(0.05), percent(0.0001), percent(0)) == (
        f"99{THIN}%", f"5.0{THIN}%", f"< 0.1{THIN}%", f"0{THIN}%",
    )  # fmt: skip
    assert (tick(0.0005), tick(-2.0), tick(20_000)) == ("0.0005", "−2", f"20{THIN}000")
    assert (spelled(2), spelled(10), spelled(11)) == ("two", "ten", "11")
    assert words("near_duplicate") == "near duplicate"
