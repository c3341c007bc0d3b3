"""Where every number comes from: the chain of digests from the manifests to the metrics.

Only what the report's own inputs hold is shown. dvc.lock also knows the hashes of code, but code that changes
without changing a result does not rerun the report, and a page must never be older than what it says.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.core.files import digest
from stages.core.params import read_yaml
from stages.report.pipeline import Stage, ancestors, feeds

_LARGEST_LIST = 12  # entries of a list in the parameters that are written out


@dataclass(frozen=True)
class Link:
    """One link of a chain.

    Attributes:
        title: what it is.
        path: the file or the group of files.
        sha256: computed from the files, or "" if they are not there.
        md5: what dvc.lock pins for the output that holds them, or "".
    """

    title: str
    path: str
    sha256: str
    md5: str


@dataclass(frozen=True)
class Chain:
    """All links of a system from its data to its metrics, and the parameters on the way."""

    system: str
    links: tuple[Link, ...]
    params: tuple[tuple[str, str], ...]

    @property
    def whole(self) -> bool:
        """Whether no link is missing."""
        return all(link.sha256 for link in self.links)


def read_chains(root: Path, stages: Mapping[str, Stage]) -> dict[str, Chain]:
    """The chains of all systems that have stages in dvc.yaml, by name."""
    pins, params, sources = read_pins(root), read_yaml(root / "params.yaml"), feeds(stages)
    chains: dict[str, Chain] = {}
    for evaluation in (stage for stage in stages.values() if stage.verb == "evaluate"):
        upstream = ancestors(evaluation.name, sources)
        corpora = sorted(stages[stage].item for stage in upstream if stages[stage].verb == "shard")
        links = [
            Link(title, path, _digest(root, path), _pin(path, pins))
            for title, path in [*_data_paths(corpora), *_model_paths(evaluation.item)]
        ]
        chosen = tuple(_params(params, evaluation.item, corpora))
        chains[evaluation.item] = Chain(evaluation.item, tuple(links), chosen)
    return chains


def read_pins(root: Path) -> dict[str, str]:
    """The md5 of every output by path, as dvc.lock has it; empty before the first run."""
    path = root / "dvc.lock"
    stages = read_yaml(path).get("stages", {}) if path.is_file() else {}
    outs = (out for stage in stages.values() for out in stage.get("outs", ()))
    return {out["path"]: out["md5"] for out in outs if "md5" in out}


def _data_paths(corpora: list[str]) -> Iterator[tuple[str, str]]:
    for corpus in corpora:
        yield "What was read, line by line", f"data/ingested/{corpus}/*.ledger.parquet"
        yield "What was kept", f"data/filtered/{corpus}/decisions/kept.parquet"
        yield "Index, with the sha256 of every sample", f"data/shards/{corpus}/index.parquet"


def _model_paths(name: str) -> Iterator[tuple[str, str]]:
    yield "Weights", f"data/models/{name}/weights/model.safetensors"
    yield "Metrics", f"data/evals/{name}/metrics.json"


def _digest(root: Path, pattern: str) -> str:
    """The sha256 of a file; of several, that of their names and digests."""
    files = sorted(root.glob(pattern))
    if not files:
        return ""
    if "*" not in pattern:
        return digest(files[0])
    listing = "".join(f"{digest(file)}  {file.name}\n" for file in files)
    return hashlib.sha256(listing.encode()).hexdigest()


def _pin(path: str, pins: Mapping[str, str]) -> str:
    """What dvc.lock pins for the output that is this path or holds it."""
    places = [path, *(str(parent) for parent in Path(path).parents)]
    return next((pins[place] for place in places if place in pins), "")


def _params(params: Mapping[str, Any], name: str, corpora: list[str]) -> Iterator[tuple[str, str]]:
    """The parameters that shaped a system's numbers, by dotted name."""
    yield "seed", str(params.get("seed"))
    sections = [f"{verb}.{corpus}" for corpus in corpora for verb in ("filter", "shard")]
    for section in [*sections, "train", f"systems.{name}"]:
        value: Any = params
        for part in section.split("."):
            value = value.get(part, {}) if isinstance(value, Mapping) else {}
        yield from _flat(section, value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}", inner)
    elif isinstance(value, list) and len(value) > _LARGEST_LIST:
        yield name, f"{len(value)} entries"
    else:
        yield name, str(value)
