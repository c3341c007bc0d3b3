"""Work for ranks that do not train."""

import os
import time

from stages.core.errors import BadDataError


def fail_in_one() -> None:
    """Rank 1 fails; rank 0 would wait for it for ever."""
    if os.environ["RANK"] == "1":
        raise BadDataError("rank 1 found nothing")
    while True:
        time.sleep(0.01)
