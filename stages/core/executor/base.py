"""What executors share: how many shards are under way, one thread of arithmetic each, a shard's name."""

from typing import Literal, TypeVar

from pydantic import Field

from stages.core.params import Params

ShardT = TypeVar("ShardT")
ResultT = TypeVar("ResultT")

WORKERS_VARIABLE = "TENFOLD_WORKERS"
AHEAD = 2  # shards handed out per worker: none idles, and the list of shards need not fit in memory
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
SECONDS_BETWEEN_LOOKS = 0.25  # at how far the workers are, and whether to stop
_LONGEST = 200  # characters of a shard in a message


class ExecutorParams(Params):
    """Section `executor` of params.yaml: where shards are worked on. It changes the time, never the result.

    Attributes:
        kind: processes of this machine, or the nodes of a Ray cluster.
        address: of the cluster: `auto` for the one this machine belongs to, `ray://host:10001` for one far
            away, null for a cluster of this machine alone that ends with the stage.
        retries: how often a shard is done again whose worker or node was lost.
    """

    kind: Literal["local", "ray"] = "local"
    address: str | None = Field(default=None, pattern=r"^(auto|local|(ray://)?[\w.-]+:\d+)$")
    retries: int = Field(default=3, ge=0)


def shown(shard: object) -> str:
    """A shard in a message: as it prints, cut where nobody reads on."""
    text = repr(shard)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
