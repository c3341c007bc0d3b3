import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.report.samples import CHOOSE_DROPPED as CHOOSE
from stages.report.samples import DROPPED, choose, find, read_shelves

rows = st.dictionaries(
    st.text("abcdef0123456789", min_size=1, max_size=6),
    st.tuples(st.sampled_from(["one", "two"]), st.sampled_from(["small", "same", "loud"])),
    min_size=1,
    max_size=40,
)
once_per_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)


def decide(path, found):
    table = [{"key": k, "source": source, "reason": reason, "value": None} for k, (source, reason) in found]
    pq.write_table(pa.Table.from_pylist(table), path)
    return path


@once_per_folder
@given(found=rows, random=st.randoms())
def test_the_choice_does_not_depend_on_the_order_of_reading(tmp_path, found, random):
    shuffled = list(found.items())
    random.shuffle(shuffled)
    one, other = decide(tmp_path / "one.parquet", found.items()), decide(tmp_path / "other.parquet", shuffled)
    assert choose(CHOOSE, one) == choose(CHOOSE, other)


@once_per_folder
@given(found=rows)
def test_as_many_as_there_are_and_each_reason_before_any_twice(tmp_path, found):
    chosen = choose(CHOOSE, decide(tmp_path / "dropped.parquet", found.items()))
    for source in {source for source, _ in found.values()}:
        reasons = [reason for where, reason in found.values() if where == source]
        shown = [choice for choice in chosen if choice.source == source]
        assert len({choice.key for choice in shown}) == len(shown) == min(DROPPED, len(reasons))
        assert {choice.reason for choice in shown[: len(set(reasons))]} == set(reasons)


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
