"""What each recipe is, rests on, and leaves to be said in params.yaml."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from stages.filter.needs import COMPUTED_BY, needed
from stages.filter.params import FilterParams
from stages.filter.recipes import names, overlaid, recipe

_ANY_FILE = {"path": "any", "sha256": "0" * 64}


def catalogue() -> Iterator[str]:
    """A paragraph on each recipe: its name, what comes out, its paper, what it asks of `score` and of you."""
    for name in names():
        about = recipe(name)
        files = files_to_set(name)
        computed = needed(_with_files(name, files))
        yield "\n".join(
            [
                name,
                f"  {about.about}",
                f"  paper   {about.source}",
                *(f"  needs   {feature}: score.CORPUS.models.{COMPUTED_BY[feature]}" for feature in computed),
                *(
                    f"  to set  filter.CORPUS.{'.'.join(field)}: {{path: ..., sha256: ...}}"
                    for field in files
                ),
            ]
        )


def files_to_set(name: str) -> list[tuple[str, ...]]:
    """The fields of a recipe that nobody but you can fill, since they name files of yours."""
    try:
        FilterParams.model_validate({"recipe": name})
    except ValidationError as error:
        return [tuple(map(str, problem["loc"])) for problem in error.errors() if problem["type"] == "missing"]
    return []


def _with_files(name: str, fields: list[tuple[str, ...]]) -> FilterParams:
    content: dict[str, Any] = {"recipe": name}
    for section, reason, field in fields:
        content = overlaid(content, {section: {reason: {field: _ANY_FILE}}})
    return FilterParams.model_validate(content)
