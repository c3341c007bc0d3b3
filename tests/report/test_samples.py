from hypothesis import given
from hypothesis import strategies as st

from stages.report.samples import choose, find, read_shelves

samples = st.dictionaries(
    st.text("abcdef0123456789", min_size=1, max_size=6),
    st.tuples(st.sampled_from(["one", "two"]), st.sampled_from(["", "small", "same"])),
)


@given(samples, st.integers(1, 8), st.randoms())
def test_the_choice_does_not_depend_on_the_order_of_reading(found, most, random):
    shuffled = list(found.items())
    random.shuffle(shuffled)
    assert choose(dict(shuffled), most) == choose(found, most)


@given(samples, st.integers(1, 8))
def test_as_many_as_there_are_and_each_reason_before_any_twice(found, most):
    chosen = choose(found, most)
    for source, keys in chosen.items():
        reasons = {key: reason for key, (where, reason) in found.items() if where == source}
        assert len(keys) == len(set(keys)) == min(most, len(reasons))
        shown = [reasons[key] for key in keys]
        assert set(shown[: len(set(reasons.values()))]) == set(shown)


def test_kept_and_dropped_samples_by_source(repository):
    shelves, left = read_shelves(repository / "data", "images", 1_000_000)
    assert [shelf.source for shelf in shelves] == ["clipart", "twemoji"]
    assert {shown.reason for shown in shelves[1].dropped} == {"text_html", "near_duplicate"}
    assert all(shown.uri.startswith("data:image/png") for shelf in shelves for shown in shelf.kept)
    assert 0 < left < 1_000_000


def test_what_does_not_fit_is_left_out(repository):
    shelves, left = read_shelves(repository / "data", "speech", 100)
    assert left == 100
    assert {shown.uri for shown in shelves[0].kept} == {None}


def test_word_timings_lie_on_the_track(repository):
    shelves, _ = read_shelves(repository / "data", "speech", 1_000_000)
    first, second = shelves[0].kept[0].words
    assert (first.text, first.left, first.width) == ("deux", 0, 40)
    assert (second.start, second.left) == (0.5, 50)


def test_only_what_is_asked_for_is_read(repository):
    assert list(find(repository / "data/ingested/images", {"twemoji-004", "nobody"})) == ["twemoji-004"]
    assert find(repository / "data/ingested/images", set()) == {}
