"""The graph of stages: which there are, what each waits for, and which a run needs.

DVC resolves dvc.yaml, with its loops and its values from params.yaml, and so is asked for the graph. What is
here works on names alone.
"""

import graphlib
import re
from collections.abc import Iterable, Mapping

SYSTEM_STAGES = ("train", "evaluate")  # the stages of one system: `train@whisper`
REPORT = "report"

Graph = Mapping[str, frozenset[str]]  # a stage -> the stages right before it

_STAGE = re.compile(r'^"([a-z0-9_@-]+)";$')
_ARROW = re.compile(r'^"([a-z0-9_@-]+)" -> "([a-z0-9_@-]+)";$')


def parse(dot: str) -> Graph:
    """Read the DOT that `dvc dag --dot` writes. Files imported by `.dvc` files are no stages and left out."""
    before: dict[str, set[str]] = {}
    for line in dot.splitlines():
        if found := _STAGE.match(line):
            before.setdefault(found[1], set())
        elif found := _ARROW.match(line):
            before.setdefault(found[1], set())
            before.setdefault(found[2], set()).add(found[1])
    return {name: frozenset(before[name]) for name in sorted(before)}


def order(graph: Graph) -> list[str]:
    """All stages, each after those it depends on; the same order for the same graph."""
    return list(
        graphlib.TopologicalSorter({name: sorted(graph[name]) for name in sorted(graph)}).static_order()
    )


def systems(graph: Graph) -> list[str]:
    """The systems that have stages of their own."""
    return sorted({system_of(name) for name in graph if system_of(name)})


def system_of(target: str) -> str:
    """The system whose training or evaluation a stage is; empty for all others."""
    group, _, item = target.partition("@")
    return item if group in SYSTEM_STAGES else ""


def select(graph: Graph, wanted: Iterable[str] | None = None, *, data_only: bool = False) -> list[str]:
    """The stages of a run, in order.

    Args:
        graph: all stages.
        wanted: the systems to train and evaluate, with all they depend on; None for every system.
        data_only: leave out training, evaluation and the report.

    Raises:
        ValueError: a wanted system has no stages.
    """
    known = systems(graph)
    chosen = set(known if wanted is None else wanted)
    if unknown := sorted(chosen - set(known)):
        raise ValueError(f"no stages for {', '.join(unknown)} in dvc.yaml; there are: {', '.join(known)}")
    if wanted is None:
        names = set(graph) - {REPORT}
    else:
        names = _with_upstream(graph, [name for name in graph if system_of(name) in chosen])
    if data_only:
        names = {name for name in names if not system_of(name)}
    elif REPORT in graph:
        names.add(REPORT)
    return [name for name in order(graph) if name in names]


def _with_upstream(graph: Graph, names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(graph[name])
    return found
