"""The arithmetic of hours, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.errors import BadConfigError
from stages.ingest.estimate.cost import Machine, Work
from stages.ingest.params import Fetch

FETCH = Fetch(concurrency=10)  # and 10 requests a second to each host
MACHINE = Machine(2, 8.0, 1.5)


def test_each_bound_by_hand() -> None:
    work = Work("image", lines=1000, remote=1000, item_bytes=1e6, hosts={"a": 720, "b": 280}, alive=0.9)
    hours = {name: value * 3600 for name, value in work.hours(MACHINE, FETCH).items()}
    assert hours == pytest.approx(
        {
            "cores": 900 * 0.0055 / 2,
            "network": 900.0,  # 900 files of 1 MB by 1 MB/s
            "requests under way": 1000 * 1.2 / 20,
            "busiest host": 72.0,
        }
    )


def test_local_files_cost_cores_only() -> None:
    hours = Work("audio", lines=360, remote=0, item_bytes=1e6, item_seconds=10.0).hours(MACHINE, FETCH)
    assert hours["cores"] * 3600 == pytest.approx(6.0)  # one hour of sound by two cores
    assert hours["network"] == hours["requests under way"] == hours["busiest host"] == 0


@given(lines=st.integers(1, 10**9), times=st.integers(2, 10))
def test_more_lines_cost_in_proportion(lines: int, times: int) -> None:
    def hours(count: int) -> list[float]:
        work = Work("image", count, count, 1e5, hosts={"a": count / 3})
        return list(work.hours(MACHINE, FETCH).values())

    assert hours(lines * times) == pytest.approx([value * times for value in hours(lines)])


def test_a_machine_is_three_numbers() -> None:
    assert Machine.parse("4, 100,0.25") == Machine(4, 100.0, 0.25)


@pytest.mark.parametrize(
    "text", ["", "4,100", "x,100,1", "0,100,1", "4,-1,1", "4,nan,1", "4,inf,1", "4,100,1,2"]
)
def test_what_is_no_machine_is_named(text: str) -> None:
    with pytest.raises(BadConfigError, match="machine"):
        Machine.parse(text)
