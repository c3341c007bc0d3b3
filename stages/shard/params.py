"""Section `shard.<corpus>` of params.yaml."""

from pydantic import Field

from stages.core.params import Params


class ShardParams(Params):
    """How large a tar may become.

    Attributes:
        samples: the most in one tar.
        bytes: the most in one tar, headers and padding included; a single larger sample has one to itself.
    """

    samples: int = Field(ge=1)
    bytes: int = Field(default=256 << 20, ge=1)
