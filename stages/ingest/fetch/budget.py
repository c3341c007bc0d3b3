"""A bound on the bodies that a worker holds and on their bytes: while they come, until they have been used.

Few bodies wait for their turn, for those that wait are lost when the run is killed. A body takes room before
it is read. The oldest of those that are held never waits, or bodies that each hold a part and want more would
wait for each other; so what is held is at most the bound and one body.
"""

import math
import threading
from collections.abc import Callable

from stages.core.safety import BadItemError


class Budget:
    """Room for bodies; threads share it.

    Args:
        limit: bytes.
        bodies: how many are held at once.
    """

    def __init__(self, limit: int, bodies: float = math.inf) -> None:
        self._limit, self._bodies = limit, bodies
        self._held: dict[Lease, int] = {}  # in the order in which they came
        self._used = 0
        self._changed = threading.Condition()
        self.closed = False

    def lease(self) -> "Lease":
        """Room for one body, none of it taken yet; waits while too many are held.

        Raises:
            BadItemError: the budget was closed (transient, not in this run).
        """
        lease = Lease(self)
        with self._changed:
            self._wait_for(lambda: len(self._held) < self._bodies)
            self._held[lease] = 0
        return lease

    def close(self) -> None:
        """Send away those who wait: nobody will use their bodies."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def hold(self, lease: "Lease", size: int) -> None:
        """See `Lease.hold`."""
        with self._changed:
            self._wait_for(lambda: self._has_room(lease, size))
            self._set(lease, size)

    def drop(self, lease: "Lease") -> None:
        """See `Lease.close`."""
        with self._changed:
            self._set(lease, 0)
            del self._held[lease]

    def _wait_for(self, happened: Callable[[], bool]) -> None:
        self._changed.wait_for(lambda: self.closed or happened())
        if self.closed:
            raise BadItemError("stopped", "nobody waits for it any more", "transient", math.inf)

    def _has_room(self, lease: "Lease", size: int) -> bool:
        if size <= self._held[lease] or lease is next(iter(self._held)):
            return True
        return self._used - self._held[lease] + size <= self._limit

    def _set(self, lease: "Lease", size: int) -> None:
        self._used += size - self._held[lease]
        self._held[lease] = size
        self._changed.notify_all()


class Lease:
    """What one body holds of a budget."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def hold(self, size: int) -> None:
        """Hold exactly so many bytes from now on; wait while there is no room for more.

        Raises:
            BadItemError: the budget was closed (transient, not in this run).
        """
        self._budget.hold(self, size)

    def close(self) -> None:
        """Give everything back."""
        self._budget.drop(self)
