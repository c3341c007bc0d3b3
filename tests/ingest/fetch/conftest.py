"""A scripted server on this machine, and nothing known of hosts from other tests."""

from collections.abc import Iterator

import pytest

from stages.ingest.fetch.hosts import known_hosts
from tests.ingest.fetch.server import Server


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    """Each test starts as a new process would."""
    known_hosts.cache_clear()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as found:
        yield found
