"""What a run was made of: the key under which it is found again, and the facts recorded beside it.

Two runs with the same key have the same params, seed, inputs, code, packages and kind of device, hence the
same bits. The key names the work folder and the MLflow run, so that a resumed run continues its own.
"""

import hashlib
import importlib.metadata
import inspect
import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import stages
from stages.core.errors import BadDataError
from stages.core.files import digest

LOCK_FILE = Path("requirements.lock")
_PACKAGES = ("mlflow", "numpy", "safetensors", "tenfold", "torch")
_FLOW_RUN = ("TENFOLD_FLOW_RUN_ID", "PREFECT__FLOW_RUN_ID")
_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Lineage:
    """The making of one run.

    Attributes:
        name: the system.
        key: 64 hexadecimal digits.
        params: what was chosen, flat: `recipe.steps` and so on, and `seed`.
        inputs: the md5 of each corpus's index by corpus, as in dvc.lock.
        tags: facts for people; an allowlist, without hosts, users or paths.
    """

    name: str
    key: str
    params: Mapping[str, str]
    inputs: Mapping[str, str]
    tags: Mapping[str, str]


def trace(
    name: str,
    system: type[Any],
    params: BaseModel,
    train: BaseModel,
    *,
    seed: int,
    shards: Path,
    device: str,
) -> Lineage:
    """Work out the lineage of a run of `system`.

    Args:
        name: the system's name.
        system: its class, which names its corpora.
        params: its checked params.
        train: the section `train`.
        seed: the root seed.
        shards: the folder of the corpora.
        device: `cpu` or `cuda`.

    Raises:
        BadDataError: a corpus has no index.
    """
    inputs = _inputs(shards, system.corpora)
    locked = digest(LOCK_FILE) if LOCK_FILE.exists() else _UNKNOWN
    code = _code(system)
    making = {
        "system": name,
        "params": params.model_dump(mode="json"),
        "train": train.model_dump(mode="json"),
        "seed": seed,
        "inputs": inputs,
        "code": code,
        "lock": locked,
        "device": device,
    }
    key = hashlib.sha256(json.dumps(making, sort_keys=True).encode()).hexdigest()
    tags = {
        "run.key": key,
        "dvc.stage": f"train@{name}",
        "code.sha256": code,
        "lock.sha256": locked,
        "device": device,
        "seed": str(seed),
        **{f"train.{field}": str(value) for field, value in train.model_dump().items()},
        **_git(),
        **_versions(),
        **_flow_run(),
    }
    return Lineage(name, key, {**flat(params.model_dump(mode="json")), "seed": str(seed)}, inputs, tags)


def flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested mappings as dotted keys and text."""
    result: dict[str, str] = {}
    for name, value in content.items():
        if isinstance(value, Mapping):
            result |= flat(value, f"{prefix}{name}.")
        else:
            result[prefix + name] = str(value)
    return result


def _inputs(shards: Path, corpora: Sequence[str]) -> dict[str, str]:
    result = {}
    for corpus in corpora:
        index = shards / corpus / "index.parquet"
        if not index.exists():
            raise BadDataError(f"{index}: not found; run `dvc repro shard@{corpus}` first")
        result[corpus] = digest(index, "md5")
    return result


def _code(system: type[Any]) -> str:
    """One hash over the files that DVC has as the stage's dependencies: the core and the system's folder."""
    root = Path(stages.__file__).parent
    own = Path(inspect.getfile(system)).parent
    files = [root / "__init__.py", root / "train.py", root / "systems" / "__init__.py"]
    files += sorted((root / "core").rglob("*.py"))
    files += sorted(own.rglob("*.py"))
    lines = [f"{path.name} {digest(path)}" for path in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _git() -> dict[str, str]:
    """The commit, and whether code or params differ from it (results and dvc.lock change in a run)."""
    sha = _command("git", "rev-parse", "HEAD")
    if sha is None:
        return {"git.sha": _UNKNOWN, "git.dirty": _UNKNOWN}
    changed = _command("git", "status", "--porcelain", "--", ".", ":!data", ":!dvc.lock")
    return {"git.sha": sha, "git.dirty": str(bool(changed)).lower()}


def _command(*argv: str) -> str | None:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _versions() -> dict[str, str]:
    result = {"version.python": platform.python_version(), "machine": platform.machine()}
    for package in _PACKAGES:
        try:
            result[f"version.{package}"] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            result[f"version.{package}"] = _UNKNOWN
    return result


def _flow_run() -> dict[str, str]:
    """The flow run that started this stage, if one did and its id looks like one."""
    for variable in _FLOW_RUN:
        value = os.environ.get(variable, "")
        if re.fullmatch(r"[0-9a-fA-F-]{8,64}", value):
            return {"flow.run_id": value}
    return {}
