from hypothesis import given
from hypothesis import strategies as st

from stages.report.measures import gather, headlines

METRICS = {
    "style/top1": 0.04, "style/top1_chance": 0.0006, "style/top1_low": 0.03, "style/images": 1706,
    "style/image_to_text_r10": 0.35, "style/text_to_image_r10": 0.33, "style/r10_chance": 0.02,
    "strings/wer": 0.01, "strings/wer_baseline": 0.91, "strings/wer_random": 0.95, "pairs": 5,
    "strings/language_accuracy": 1.0, "strings/language_baseline": 0.27,
}  # fmt: skip


def test_a_number_keeps_its_interval_and_what_it_stands_beside():
    found = {measure.full_name: measure for measure in gather(METRICS)}
    top1 = found["style/top1"]
    assert (top1.low, top1.high, top1.beside, top1.against) == (0.03, None, 0.0006, "chance")
    assert found["strings/wer"].against == "baseline"
    assert found["style/image_to_text_r10"].beside == found["style/text_to_image_r10"].beside == 0.02
    assert found["pairs"].against == found["strings/wer_random"].against == ""
    assert found["strings/language_accuracy"].beside == 0.27
    assert "style/r10_chance" not in found


def test_headlines_let_the_groups_take_turns():
    chosen = [measure.full_name for measure in headlines(gather(METRICS), 2)]
    assert chosen == ["strings/language_accuracy", "style/image_to_text_r10"]


@given(st.dictionaries(st.text("ab_/", min_size=1, max_size=8), st.floats(0, 1)))
def test_no_number_is_lost(metrics):
    shown: set[float] = set()
    for measure in gather(metrics):
        shown |= {measure.value, measure.low, measure.high, measure.beside}
    assert set(metrics.values()) <= shown
