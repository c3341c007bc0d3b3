import json

from stages.report.funnel import ranked, read_funnel


def test_the_funnel_adds_up(repository):
    funnel = read_funnel(repository / "data", "images")
    assert funnel is not None
    assert (funnel.entered, funnel.kept, funnel.dropped) == (20, 14, 6)
    assert [(drop.reason, drop.samples) for drop in funnel.drops] == [
        ("too_small", 4), ("near_duplicate", 1), ("text_html", 1),
    ]  # fmt: skip
    assert funnel.drops[0].sources == {"clipart": 4}
    assert sum(drop.samples for drop in funnel.drops) == funnel.dropped
    assert funnel.lines == {"ok": 20, "failed: unreadable_image": 1}
    assert sum(funnel.splits.values()) == funnel.kept
    written = json.loads((repository / "data/filtered/images/funnel.json").read_text())
    assert (written["in"], written["kept"]) == (funnel.entered, funnel.kept)


def test_a_corpus_that_was_not_filtered_has_no_funnel(repository):
    assert read_funnel(repository / "data", "unheard_of") is None


def test_ties_are_ranked_by_name():
    assert list(ranked({"b": 1, "a": 1, "c": 2})) == ["c", "a", "b"]
