"""What a run has become so far: named tensors and a step number.

That is all a checkpoint stores and all an exact resume needs, for a network and its optimiser as for a
planner's roadmap.
"""

from collections.abc import Mapping
from typing import Protocol

import torch


class State(Protocol):
    """The mutable state of a run."""

    step: int  # steps done

    def tensors(self) -> dict[str, torch.Tensor]:
        """Everything that the next step depends on, by name, on the CPU or not; not copied."""
        ...

    def restore(self, tensors: Mapping[str, torch.Tensor], step: int) -> None:
        """Become the state that was saved.

        Raises:
            BadDataError: names, shapes or dtypes do not fit.
        """
        ...

    def published(self) -> dict[str, torch.Tensor]:
        """The part that a user of the trained model needs: weights without the optimiser."""
        ...
