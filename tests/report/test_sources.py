import pytest

from stages.report.sources import read_sources
from stages.report.tables import ask


def test_a_card_says_what_a_source_is_and_what_became_of_it(repository):
    cards = read_sources(repository / "data", "images")
    assert list(cards) == ["clipart", "twemoji"]
    card = cards["twemoji"]
    assert (card.samples, card.kept, card.speakers) == (12, 10, 0)
    assert card.licences == {"CC-BY-4.0": 12}
    assert card.lines == {"ok": 12, "failed: unreadable_image": 1}
    assert card.set_aside == {"failed: unreadable_image": 1}
    assert (card.pixels, card.size, card.seconds) == (10 * 64 * 64, (64, 64), None)


def test_recordings_are_counted_in_seconds_and_voices(repository):
    card = read_sources(repository / "data", "speech")["digits"]
    assert card.seconds == pytest.approx(5.0)
    assert (card.speakers, card.languages, card.pixels) == (1, {"fr": 6}, None)


def test_a_corpus_that_was_not_scored_has_no_cards(repository):
    assert read_sources(repository / "data", "unheard_of") == {}


def test_cards_and_funnel_agree(repository):
    kept = ask("SELECT count(*) FROM k", k=repository / "data/filtered/images/decisions/kept.parquet")
    assert kept == [(sum(card.kept for card in read_sources(repository / "data", "images").values()),)]
