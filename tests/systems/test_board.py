"""No built system leaves out a claim of its paper's abstract."""

import pytest

from stages.systems import REGISTRY, is_built, load
from stages.systems.board import BOARD, HEADLINES

BUILT = [name for name in REGISTRY if is_built(name)]


@pytest.mark.parametrize("name", BUILT)
def test_a_built_system_declares_the_boards_claims(name):
    assert [claim.id for claim in load(name).claims] == list(BOARD[name])


@pytest.mark.parametrize("name", BUILT)
def test_a_claim_is_measured_or_says_what_it_takes(name):
    assert all(claim.metric or claim.needs for claim in load(name).claims)


def test_only_built_systems_have_headlines():
    assert set(HEADLINES) == set(BUILT)
