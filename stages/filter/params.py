"""Section `filter.<corpus>` of params.yaml: a recipe by its name, and the thresholds that differ."""

from typing import Any

from pydantic import model_validator

from stages.core.errors import BadConfigError
from stages.core.params import Params
from stages.filter.base import Comparison
from stages.filter.contamination import InHeldOut
from stages.filter.decontaminate import Decontaminate
from stages.filter.duplicates import Duplicates
from stages.filter.recipes import overlaid, recipe
from stages.filter.rules import Rules
from stages.filter.selections import Selections
from stages.filter.splits import Splits

IN_HELD_OUT = "in_held_out"
DECONTAMINATED = "decontaminated"


class FilterParams(Params):
    """Every threshold of one corpus.

    Attributes:
        recipe: the name of a file in stages/filter/recipes, which stands below all that is said beside it.
        rules: decisions by a sample alone.
        selections: decisions by the sight of many samples.
        duplicates: which copies to look for.
        splits: what is held out of training.
        decontaminate: evaluation sets that training must not contain.
    """

    recipe: str | None = None
    rules: Rules = Rules()
    selections: Selections = Selections()
    duplicates: Duplicates = Duplicates()
    splits: Splits = Splits()
    decontaminate: Decontaminate | None = None

    @model_validator(mode="before")
    @classmethod
    def _over_recipe(cls, content: Any) -> Any:
        name = content.get("recipe") if isinstance(content, dict) else None
        if not isinstance(name, str):
            return content
        try:
            return overlaid(recipe(name).filter, content)
        except BadConfigError as error:
            raise ValueError(str(error)) from error

    def comparisons(self) -> dict[str, Comparison]:
        """What is asked after the rules, by reason and in its order."""
        held_out = InHeldOut(sharing_groups=self.splits.sharing_groups)
        contaminated = {DECONTAMINATED: self.decontaminate} if self.decontaminate else {}
        return {
            **self.selections.of_quality(),
            **self.duplicates.asked(),
            IN_HELD_OUT: held_out,
            **contaminated,
            **self.selections.of_quantity(),
        }

    def reasons(self) -> list[str]:
        """Every reason for which a sample may be dropped, in the order in which they are asked."""
        return [*self.rules.asked(), *self.comparisons()]
