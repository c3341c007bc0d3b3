"""What a table of features depends on beside its tar, so that a rerun knows which tables are still good."""

import hashlib
import importlib.metadata
from collections.abc import Iterator
from pathlib import Path

from stages.core.files import digest
from stages.score.models.hook import source_file
from stages.score.params import ScoreParams

_MODEL_PACKAGES = ("eldc", "silero-vad")
_STAGES = Path(__file__).parents[1]


def digest_of(params: ScoreParams) -> str:
    """A hash of the params, of the code, weights and functions that they name, and of packages with models.

    Raises:
        BadConfigError: a function that params.yaml names cannot be used.
    """
    facts = [
        params.model_dump_json(),
        *(f"{name} {importlib.metadata.version(name)}" for name in _MODEL_PACKAGES),
        *(digest(file) for file in _files(params)),
    ]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _files(params: ScoreParams) -> Iterator[Path]:
    yield from sorted((_STAGES / "score").rglob("*.py"))
    yield from sorted((_STAGES / "core").glob("*.py"))
    for name, weights in params.models.artifacts().items():
        yield from sorted((_STAGES / "systems" / name).rglob("*.py"))
        yield from sorted(file for file in weights.rglob("*") if file.is_file())
    for column, hook in params.models.hooks().items():
        yield source_file(column, hook)
