"""Section `shard.<corpus>` of params.yaml."""

from pydantic import Field

from stages.core.params import Params


class ShardParams(Params):
    """How large a tar may become, and where the tars are kept.

    Attributes:
        samples: the most in one tar.
        bytes: the most in one tar, headers and padding included; a single larger sample has one to itself.
        store: `s3://bucket/prefix`, to which the tars go; they stay on the disk without it.
    """

    samples: int = Field(ge=1)
    bytes: int = Field(default=256 << 20, ge=1)
    store: str | None = Field(default=None, pattern=r"^s3://[a-z0-9][a-z0-9.-]+(/[^/\s]+)*$")
