"""Of what has no words, a fraction is kept, drawn by key; nothing else is touched."""

import math

from stages.filter.selections.no_speech import NoSpeech
from tests.filter.material import sound_row, table
from tests.filter.selections.asking import drops

SILENT = [sound_row(f"k{number:05d}", words=0, speech=0.02) for number in range(4000)]


def test_about_the_rate_is_kept() -> None:
    kept = len(SILENT) - len(drops(NoSpeech(rate=0.1), table(*SILENT)))
    assert abs(kept - 400) <= 4.5 * math.sqrt(4000 * 0.1 * 0.9)


def test_the_ends_of_the_scale_keep_all_and_nothing() -> None:
    assert drops(NoSpeech(rate=1), table(*SILENT[:100])) == {}
    assert set(drops(NoSpeech(rate=0), table(*SILENT[:100])).values()) == {"speech 0.02"}


def test_what_has_words_is_not_drawn() -> None:
    assert drops(NoSpeech(rate=0), table(sound_row("a"), sound_row("b", words=0, speech=None))).keys() == {
        "b"
    }


def test_a_higher_rate_keeps_all_that_a_lower_one_keeps_in_any_order() -> None:
    lower, higher = (drops(NoSpeech(rate=rate), table(*SILENT[:500])).keys() for rate in (0.2, 0.5))
    assert higher < lower
    assert drops(NoSpeech(rate=0.5), table(*reversed(SILENT[:500]))).keys() == higher
    assert drops(NoSpeech(rate=0.5), table(*SILENT[:500]), seed=8).keys() != higher
