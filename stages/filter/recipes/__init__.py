"""Recipes: published ways of filtering, by name, with the paper's section beside the thresholds.

A recipe is nothing but a part of `filter.<corpus>` in params.yaml: what is said there goes over it,
threshold by threshold, and `null` takes out a rule.
"""

import difflib
from functools import lru_cache
from pathlib import Path
from typing import Any

from stages.core.errors import BadConfigError
from stages.core.params import Params, read_yaml, validate

_FOLDER = Path(__file__).parent


class Recipe(Params):
    """A file of this folder.

    Attributes:
        about: one sentence on what comes out.
        source: the paper and its section.
        filter: sections of stages.filter.params.FilterParams.
    """

    about: str
    source: str
    filter: dict[str, Any]


def names() -> list[str]:
    """The recipes there are, in the order of the alphabet."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


@lru_cache
def recipe(name: str) -> Recipe:
    """The recipe of a name.

    Raises:
        BadConfigError: there is none; the closest name is offered.
    """
    if name not in names():
        close = difflib.get_close_matches(name, names(), n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(names())}"
        raise BadConfigError(f"no recipe '{name}'; {hint}")
    path = _FOLDER / f"{name}.yaml"
    return validate(read_yaml(path), name, Recipe, path)


def overlaid(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Two mappings of mappings as one, key by key; where both have a value, that of `over` counts."""
    both = under | over
    return both | {
        key: overlaid(under[key], over[key])
        for key in under.keys() & over.keys()
        if isinstance(under[key], dict) and isinstance(over[key], dict)
    }
