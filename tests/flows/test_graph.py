"""The graph of stages: read from DVC's DOT, ordered, and cut to what a run needs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import graph

DOT = """strict digraph {
"ingest@speech";
"ingest@images";
"data/raw.dvc";
"data/raw.dvc" -> "ingest@images";
"ingest@speech" -> "train@whisper";
"ingest@images" -> "train@clip";
"train@clip" -> "evaluate@clip";
"train@whisper" -> "evaluate@whisper";
"evaluate@clip" -> "report";
"evaluate@whisper" -> "report";
}
"""


@pytest.fixture
def stages() -> graph.Graph:
    return graph.parse(DOT)


def test_stages_and_what_comes_right_before_them(stages: graph.Graph) -> None:
    assert stages["report"] == {"evaluate@clip", "evaluate@whisper"}
    assert stages["ingest@images"] == frozenset()
    assert "data/raw.dvc" not in stages


def test_systems_are_those_with_stages_of_their_own(stages: graph.Graph) -> None:
    assert graph.systems(stages) == ["clip", "whisper"]
    assert graph.system_of("ingest@speech") == ""


@st.composite
def graphs(draw: st.DrawFn) -> graph.Graph:
    count = draw(st.integers(1, 12))
    names = [f"s{index}" for index in range(count)]
    before = {
        name: frozenset(draw(st.lists(st.sampled_from(names[:index]), max_size=4))) if index else frozenset()
        for index, name in enumerate(names)
    }
    shuffled = draw(st.permutations(names))
    return {name: before[name] for name in shuffled}


@given(graphs())
def test_every_stage_comes_after_those_before_it(stages: graph.Graph) -> None:
    order = graph.order(stages)
    assert sorted(order) == sorted(stages)
    place = {name: index for index, name in enumerate(order)}
    assert all(place[earlier] < place[name] for name in stages for earlier in stages[name])


@given(graphs())
def test_the_order_depends_on_the_graph_alone(stages: graph.Graph) -> None:
    assert graph.order(stages) == graph.order(dict(sorted(stages.items())))


def test_without_a_choice_everything_runs_and_the_report_comes_last(stages: graph.Graph) -> None:
    chosen = graph.select(stages)
    assert sorted(chosen) == sorted(stages)
    assert chosen[-1] == "report"


def test_one_system_brings_what_it_depends_on_and_no_more(stages: graph.Graph) -> None:
    assert graph.select(stages, ["clip"]) == ["ingest@images", "train@clip", "evaluate@clip", "report"]


def test_a_system_that_needs_another_s_model_brings_its_training() -> None:
    stages = graph.parse(
        DOT.replace("}", '"train@clip" -> "train@glide";\n"train@glide" -> "evaluate@glide";\n}')
    )
    chosen = graph.select(stages, ["glide"])
    assert chosen == ["ingest@images", "train@clip", "train@glide", "evaluate@glide", "report"]


def test_data_only_ends_before_training(stages: graph.Graph) -> None:
    assert set(graph.select(stages, data_only=True)) == {"ingest@images", "ingest@speech"}
    assert graph.select(stages, ["clip"], data_only=True) == ["ingest@images"]


def test_an_unknown_system_is_named_beside_the_known(stages: graph.Graph) -> None:
    with pytest.raises(ValueError, match=r"no stages for glide in dvc.yaml; there are: clip, whisper"):
        graph.select(stages, ["clip", "glide"])
