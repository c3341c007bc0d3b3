"""Section `filter.<corpus>` of params.yaml."""

from stages.core.params import Params
from stages.filter.duplicates import Duplicates
from stages.filter.rules import Rules
from stages.filter.splits import Splits

IN_HELD_OUT = "in_held_out"


class FilterParams(Params):
    """Every threshold of one corpus."""

    rules: Rules = Rules()
    duplicates: Duplicates = Duplicates()
    splits: Splits = Splits()

    def reasons(self) -> list[str]:
        """Every reason for which a sample may be dropped, in the order in which they are asked."""
        return [*self.rules.asked(), *self.duplicates.reasons(), IN_HELD_OUT]
