"""The pipeline's stages as DVC sees them: dvc.yaml with its `foreach` written out, and who feeds whom.

The picture in the report is drawn from this, so that it cannot differ from what runs. DVC lets no stage
depend on dvc.yaml, hence nothing is read from it but the graph, which changes with the stages' outputs.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.core.errors import BadConfigError
from stages.core.params import read_yaml

_PLACEHOLDER = re.compile(r"\$\{([\w.]+)\}")


@dataclass(frozen=True)
class Stage:
    """One stage: `train@clip` has the verb `train` and the item `clip`; `report` has no item."""

    name: str
    verb: str
    item: str
    deps: tuple[str, ...]
    outs: tuple[str, ...]


def read_stages(root: Path) -> dict[str, Stage]:
    """All stages of a repository by name, in the order of the file.

    Raises:
        BadConfigError: dvc.yaml or params.yaml is missing or no YAML, or a placeholder has no value.
    """
    path = root / "dvc.yaml"
    params = read_yaml(root / "params.yaml")
    stages: dict[str, Stage] = {}
    for verb, entry in read_yaml(path).get("stages", {}).items():
        for item, scope in _items(entry, params, path):
            body = entry.get("do", entry)
            name = f"{verb}@{item}" if item else verb
            stages[name] = Stage(
                name,
                verb,
                item,
                _paths(body.get("deps", ()), scope, path),
                tuple(
                    found
                    for kind in ("outs", "metrics", "plots")
                    for found in _paths(body.get(kind, ()), scope, path)
                ),
            )
    return stages


def feeds(stages: Mapping[str, Stage]) -> dict[str, set[str]]:
    """For each stage the stages that it reads from directly, by overlapping paths."""
    return {
        name: {
            other.name
            for other in stages.values()
            if other.name != name and any(_overlap(dep, out) for dep in stage.deps for out in other.outs)
        }
        for name, stage in stages.items()
    }


def ancestors(name: str, sources: Mapping[str, set[str]]) -> set[str]:
    """Every stage that a stage stands on, directly or not."""
    found: set[str] = set()
    waiting = list(sources[name])
    while waiting:
        stage = waiting.pop()
        if stage not in found:
            found.add(stage)
            waiting.extend(sources[stage])
    return found


def essential(sources: Mapping[str, set[str]]) -> list[tuple[str, str]]:
    """The arrows that no longer path implies (the transitive reduction), in the order of the stages."""
    arrows = []
    for name, direct in sources.items():
        implied = {far for near in direct for far in ancestors(near, sources)}
        arrows += [(source, name) for source in sources if source in direct - implied]
    return arrows


def _items(entry: Any, params: Mapping[str, Any], path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The items of a stage's `foreach` with what their placeholders stand for; one without a name if none."""
    foreach = entry.get("foreach")
    if isinstance(foreach, str):
        foreach = _value(foreach.strip()[2:-1], params, path)
    if foreach is None:
        yield "", dict(params)
    elif isinstance(foreach, Mapping):
        for key, value in foreach.items():
            yield str(key), {**params, "key": key, "item": value}
    else:
        for value in foreach:
            yield str(value), {**params, "item": value}


def _paths(entries: Any, scope: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    """The paths of a `deps` or `outs` list, whose entries are names or mappings from a name to options."""
    names = (next(iter(entry)) if isinstance(entry, Mapping) else entry for entry in entries)
    return tuple(_fill(str(name), scope, path) for name in names)


def _fill(text: str, scope: Mapping[str, Any], path: Path) -> str:
    return _PLACEHOLDER.sub(lambda match: str(_value(match[1], scope, path)), text)


def _value(dotted: str, scope: Mapping[str, Any], path: Path) -> Any:
    value: Any = scope
    for part in dotted.split("."):
        if not isinstance(value, Mapping) or part not in value:
            raise BadConfigError(f"{path}: no value for ${{{dotted}}}")
        value = value[part]
    return value


def _overlap(one: str, other: str) -> bool:
    """Whether two paths are the same or one holds the other."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")
