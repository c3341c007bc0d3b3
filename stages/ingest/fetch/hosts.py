"""What a process knows of the web's hosts, from one shard to the next: where they are and what they wish."""

from dataclasses import dataclass
from functools import lru_cache

from stages.core.executor import worker_count
from stages.ingest.fetch.names import Names, Resolver, look_up
from stages.ingest.fetch.pace import Pace
from stages.ingest.fetch.robots import Robots
from stages.ingest.params import Fetch


@dataclass(frozen=True)
class Hosts:
    """Addresses, pace and robots.txt; threads share them."""

    names: Names
    pace: Pace
    robots: Robots


def new_hosts(params: Fetch, resolver: Resolver = look_up, workers: int = 1) -> Hosts:
    """Know nothing yet."""
    pace = Pace(params.host, params.longest_wait, workers)
    return Hosts(Names(resolver), pace, Robots(pace))


@lru_cache(maxsize=1)
def known_hosts(params: Fetch) -> Hosts:
    """What this process has learnt under these params; a host's pace is shared with the other workers."""
    return new_hosts(params, workers=worker_count())
