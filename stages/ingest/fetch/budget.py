"""A bound on the bytes of bodies that a worker holds: while they come, and until they have been used.

A body takes room before it is read. The oldest of those that are held never waits, or bodies that each hold a
part and want more would wait for each other; so what is held is at most the bound and one body.
"""

import threading

from stages.core.safety import BadItemError


class Budget:
    """Room for bodies; threads share it.

    Args:
        limit: bytes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: dict[Lease, int] = {}  # in the order in which they came
        self._used = 0
        self._changed = threading.Condition()
        self._closed = False

    def lease(self) -> "Lease":
        """Room for one body, none of it taken yet."""
        lease = Lease(self)
        with self._changed:
            self._held[lease] = 0
        return lease

    def close(self) -> None:
        """Send away those who wait: nobody will use their bodies."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def hold(self, lease: "Lease", size: int) -> None:
        """See `Lease.hold`."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._has_room(lease, size))
            if self._closed:
                raise BadItemError("stopped", "nobody waits for it any more", "transient", float("inf"))
            self._set(lease, size)

    def drop(self, lease: "Lease") -> None:
        """See `Lease.close`."""
        with self._changed:
            self._set(lease, 0)
            del self._held[lease]

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
