"""dvc.yaml against the code: every module that a stage imports is a dependency of it, and none is idle.

A dependency that is missing lets a stale result survive a change of code, and nobody sees it. So each stage's
entry point is followed through its imports, also those inside functions.
"""

import functools
import re
from pathlib import Path

import grimp
import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"[a-z0-9_@-]+")


@functools.cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("stages", cache_dir=None, exclude_type_checking_imports=True)


@functools.cache
def stages() -> dict[str, dict]:
    """Every stage by its full name, its loop resolved as far as `key` and `item` go."""
    found = {}
    content = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text())["stages"]
    params = YAML(typ="safe").load((ROOT / "params.yaml").read_text())
    for group, body in content.items():
        items = body.get("foreach")
        if items is None:
            found[group] = body
            continue
        if isinstance(items, str):
            items = params[items.strip("${}")]
        for item in items:
            found[f"{group}@{item}"] = _resolved(body["do"], item)
    return found


def _resolved(value, item: str):
    if isinstance(value, dict):
        return {key: _resolved(each, item) for key, each in value.items()}
    if isinstance(value, list):
        return [_resolved(each, item) for each in value]
    return re.sub(r"\$\{(key|item)\}", item, value) if isinstance(value, str) else value


def code_deps(name: str) -> list[str]:
    """The modules and packages among the dependencies; texts that a stage reads are not for us to judge."""
    deps = [Path(dep) for dep in stages()[name]["deps"]]
    return [str(dep) for dep in deps if dep.parts[0] == "stages" and dep.suffix in ("", ".py")]


def entry_modules(name: str) -> list[str]:
    """The module that the command runs, and the system that it loads by name."""
    found = re.match(r"exec python -m (stages\.\w+)(?: |$)", stages()[name]["cmd"])
    assert found, stages()[name]["cmd"]
    module = found[1]
    if f"{module}.__main__" in imports().modules:
        module += ".__main__"
    group, _, item = name.partition("@")
    return [module, f"stages.systems.{item}.system"] if group in ("train", "evaluate") else [module]


def closure(name: str) -> set[str]:
    """Every module of ours that is loaded, with the packages around it."""
    graph = imports()
    modules = set()
    for entry in entry_modules(name):
        modules |= {entry} | graph.find_upstream_modules(entry)
    for module in list(modules):
        parts = module.split(".")
        modules |= {".".join(parts[:length]) for length in range(1, len(parts))}
    while grown := {late for module in modules for late in graph.find_upstream_modules(module)} - modules:
        modules |= grown
    return modules


def source(module: str) -> Path:
    path = Path(*module.split("."))
    return path / "__init__.py" if (ROOT / path).is_dir() else path.with_suffix(".py")


@pytest.mark.parametrize("name", stages())
def test_every_module_a_stage_loads_is_a_dependency(name: str) -> None:
    deps = code_deps(name)
    files = [source(module) for module in closure(name)]
    missing = sorted(str(file) for file in files if not any(file.is_relative_to(dep) for dep in deps))
    assert not missing, f"add to the deps of {name} in dvc.yaml: {missing}"


@pytest.mark.parametrize("name", stages())
def test_no_code_is_a_dependency_without_being_loaded(name: str) -> None:
    files = {source(module) for module in closure(name)}
    idle = [dep for dep in code_deps(name) if not any(file.is_relative_to(dep) for file in files)]
    assert not idle, f"remove from the deps of {name} in dvc.yaml: {idle}"


@pytest.mark.parametrize("name", stages())
def test_a_stage_is_a_child_of_dvc_and_of_no_shell(name: str) -> None:
    command = stages()[name]["cmd"]
    assert command.startswith("exec python -m stages.")
    assert not set(command) & set(";|&><`$()\n\\\"'*?")


@pytest.mark.parametrize("name", stages())
def test_names_are_plain(name: str) -> None:
    assert NAME.fullmatch(name)


@pytest.mark.parametrize("name", stages())
def test_outputs_are_below_data(name: str) -> None:
    stage = stages()[name]
    for out in [*stage.get("outs", []), *stage.get("metrics", []), *stage.get("plots", [])]:
        path = out if isinstance(out, str) else next(iter(out))
        assert path.startswith("data/")
        assert not path.startswith(("data/work", "data/sample"))
