"""params.yaml as frozen, checked models.

DVC reads the same file; every knob is there and nowhere else. An unknown key or a wrong type is refused with
the path of the key, so that a typing error costs a second and not a night.
"""

import difflib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from stages.core.errors import BadConfigError

PARAMS_FILE = Path("params.yaml")
_LARGEST_FILE = 1 << 20  # bytes; a params file beyond this is a mistake or an attack


class Params(BaseModel):
    """The base of every section: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


ParamsT = TypeVar("ParamsT", bound=BaseModel)


def read_yaml(path: Path = PARAMS_FILE) -> dict[str, Any]:
    """Read a YAML mapping without constructing objects; duplicate keys are an error.

    Raises:
        BadConfigError: the file is missing, too large, no YAML, or no mapping.
    """
    from ruamel.yaml import YAML  # noqa: PLC0415 - workers import this module and read no file
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise BadConfigError(f"{path}: larger than {_LARGEST_FILE} bytes")
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadConfigError(f"{path}: not found; run from the root of the repository") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise BadConfigError(f"{path}: {error}") from error
    if not isinstance(content, dict):
        raise BadConfigError(f"{path}: expected a mapping of sections at the top level")
    return content


def load(section: str, model: type[ParamsT], path: Path = PARAMS_FILE) -> ParamsT:
    """Read one section, as `load("filter.images", FilterParams)`.

    Args:
        section: dotted path of the section in the file.
        model: the pydantic model that checks it.
        path: the params file.

    Raises:
        BadConfigError: the section is missing, a key is unknown or a value is refused; each is named.
    """
    content: Any = read_yaml(path)
    for name in section.split("."):
        if not isinstance(content, dict) or name not in content:
            raise BadConfigError(f"{path}: section '{section}' is missing (no key '{name}')")
        content = content[name]
    return validate(content, section, model, path)


def validate(content: Any, section: str, model: type[ParamsT], path: Path = PARAMS_FILE) -> ParamsT:
    """Check a mapping against its model.

    Raises:
        BadConfigError: lists every refused key by its full path.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        problems = [_describe(problem, section, model) for problem in error.errors()]
        raise BadConfigError(f"{path}: " + "; ".join(problems)) from error


def seed(path: Path = PARAMS_FILE) -> int:
    """The root seed, from which every random draw descends.

    Raises:
        BadConfigError: it is missing or no non-negative integer.
    """
    value = read_yaml(path).get("seed")
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadConfigError(f"{path}: seed: expected a non-negative integer, found {value!r}")
    return value


def _describe(problem: Any, section: str, model: type[BaseModel]) -> str:
    where = ".".join([section, *(str(part) for part in problem["loc"])])
    if problem["type"] != "extra_forbidden":
        return f"{where}: {problem['msg']} (found {problem['input']!r})"
    key = str(problem["loc"][-1])
    close = difflib.get_close_matches(key, _field_names(model), n=1)
    return f"{where}: unknown key" + (f"; did you mean '{close[0]}'?" if close else "")


def _field_names(model: type[BaseModel]) -> set[str]:
    """The keys of a model and of the models inside it, for a helpful guess."""
    names: set[str] = set()
    for name, field in model.model_fields.items():
        names.add(name)
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            names |= _field_names(annotation)
    return names
