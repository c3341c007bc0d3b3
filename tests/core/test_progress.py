"""A line now and then, by a clock of the test's own."""

import logging

import pytest

from stages.core.progress import Progress


def test_a_line_every_ten_seconds_with_rate_and_time_left(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    now = [100.0]
    with Progress("clip", 20, 60, clock=lambda: now[0]) as progress:
        for step in range(21, 61):
            now[0] += 1.0
            progress.update(step, 0.5)
    assert caplog.messages == [
        "clip: step 30 of 60, loss 0.5, 1 steps/s, 30 s left",
        "clip: step 40 of 60, loss 0.5, 1 steps/s, 20 s left",
        "clip: step 50 of 60, loss 0.5, 1 steps/s, 10 s left",
        "clip: step 60 of 60, loss 0.5, 1 steps/s, 0 s left",
    ]


def test_another_rank_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    now = [0.0]
    with Progress("clip", 0, 10, shown=False, clock=lambda: now[0]) as progress:
        now[0] = 100.0
        progress.update(5, 0.5)
    assert caplog.messages == []
