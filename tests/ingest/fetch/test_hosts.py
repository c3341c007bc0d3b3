"""What a process knows of hosts, shared by its shards; the pace is shared with the other workers."""

import time

import pytest

from stages.ingest.fetch.hosts import known_hosts
from stages.ingest.params import Fetch, HostLimits


def test_what_was_learnt_stays_as_long_as_the_params() -> None:
    assert known_hosts(Fetch()) is known_hosts(Fetch())
    assert known_hosts(Fetch()) is not known_hosts(Fetch(deadline=1.0))


def test_a_worker_takes_its_share_of_what_a_host_grants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENFOLD_WORKERS", "4")
    pace = known_hosts(Fetch(host=HostLimits(requests_per_second=40, burst=4))).pace
    start = time.monotonic()
    for _ in range(3):
        pace.wait("a.example")
    assert time.monotonic() - start >= 0.2  # one at once, then ten a second
