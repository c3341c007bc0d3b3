import pytest

from stages.core.errors import BadDataError
from stages.report.claims import read_standings
from stages.systems import REGISTRY
from stages.systems.board import BOARD


def standings(repository):
    return {standing.name: standing for standing in read_standings(repository / "data")}


def test_every_system_of_the_registry_is_on_the_board():
    assert BOARD.keys() == REGISTRY.keys()
    for name, claims in BOARD.items():
        assert claims
        assert all(ident.startswith(f"{name}.") for ident in claims)


def test_how_far_each_system_came(repository):
    found = standings(repository)
    assert list(found) == list(REGISTRY)
    states = {name: standing.state for name, standing in found.items()}
    assert (states["clip"], states["whisper"], states["glide"]) == (
        "measured",
        "not evaluated",
        "not built yet",
    )


def test_verdicts_are_counted(repository):
    found = standings(repository)
    assert found["clip"].verdicts == {"holds": 1, "does not hold": 1, "not measured": 1}
    assert found["glide"].verdicts["not measured"] == len(BOARD["glide"])


def test_a_claim_stands_beside_its_reference(repository):
    first, second, third = standings(repository)["clip"].claims
    assert (first.ours, first.beside, first.reference) == (0.125, 0.0029, "style/top5_chance")
    assert (second.ours, second.beside, second.reference) == (-0.01, 0.0, "")
    assert (third.ours, third.needs) == (None, "four sizes of the model")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("metrics.json", '{"a": "much"}'), ("metrics.json", "{"), ("metrics.json", "[]"),
        ("pages/claims.json", "{}"), ("pages/claims.json", "[1]"), ("pages/claims.json", '[{"id": "x"}]'),
    ],
)  # fmt: skip
def test_damaged_results_are_named(repository, name, content):
    path = repository / "data" / "evals" / "clip" / name
    path.write_text(content)
    with pytest.raises(BadDataError, match=path.name):
        read_standings(repository / "data")
