"""Section `filter.<corpus>` of params.yaml."""

from stages.core.params import Params
from stages.filter.base import Comparison
from stages.filter.contamination import InHeldOut
from stages.filter.duplicates import Duplicates
from stages.filter.rules import Rules
from stages.filter.splits import Splits

IN_HELD_OUT = "in_held_out"


class FilterParams(Params):
    """Every threshold of one corpus."""

    rules: Rules = Rules()
    duplicates: Duplicates = Duplicates()
    splits: Splits = Splits()

    def comparisons(self) -> dict[str, Comparison]:
        """What is asked after the rules, by reason and in its order."""
        return {
            **self.duplicates.asked(),
            IN_HELD_OUT: InHeldOut(sharing_groups=self.splits.sharing_groups),
        }

    def reasons(self) -> list[str]:
        """Every reason for which a sample may be dropped, in the order in which they are asked."""
        return [*self.rules.asked(), *self.comparisons()]
