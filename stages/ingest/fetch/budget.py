"""A bound on the bytes of bodies that a worker holds: under way, or waiting for their turn in the shard.

Bodies are used in the order of the plan but come in any order, so that one slow link could let thousands of
others pile up. Each takes room before it is read and gives it back when it has been used. The one whose turn
it is never waits, or nothing would ever move again: what is held is at most the bound and one body.
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
        self._used = 0
        self._turn = 0
        self._closed = False
        self._changed = threading.Condition()

    def lease(self, position: int) -> "Lease":
        """Room for the body at a position of the order, none of it taken yet."""
        return Lease(self, position)

    def turn(self, position: int) -> None:
        """Let the body at this position go ahead of all others."""
        with self._changed:
            self._turn = position
            self._changed.notify_all()

    def close(self) -> None:
        """Send away those who wait: nobody will use their bodies."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def change(self, position: int, more: int) -> None:
        """Take so many bytes more (or fewer), when there is room or it is this position's turn.

        Raises:
            BadItemError: the budget was closed.
        """
        with self._changed:
            if more > 0:
                self._changed.wait_for(
                    lambda: self._closed or position <= self._turn or self._used + more <= self._limit
                )
                if self._closed:
                    raise BadItemError("stopped", "nobody waits for it any more", "transient", float("inf"))
            else:
                self._changed.notify_all()
            self._used += more


class Lease:
    """What one body holds of a budget."""

    def __init__(self, budget: Budget, position: int) -> None:
        self._budget = budget
        self._position = position
        self._held = 0

    def hold(self, size: int) -> None:
        """Hold exactly so many bytes from now on; wait if there is no room for more."""
        if size != self._held:
            self._budget.change(self._position, size - self._held)
            self._held = size
