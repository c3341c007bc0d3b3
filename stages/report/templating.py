"""The templates of the page: everything they print is escaped and clean."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from stages.report.text import clean, count, number, percent, spelled, tick, words

_HERE = Path(__file__).parent


def environment() -> Environment:
    """Templates that escape everything, refuse unknown names, and print only clean text."""
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(count=count, number=number, percent=percent, spelled=spelled, tick=tick, words=words)
    return made


def asset(name: str) -> Markup:
    """A style sheet or a script of ours, which needs no escaping."""
    return Markup((_HERE / name).read_text(encoding="utf-8"))  # noqa: S704  # our own file


def _finalize(value: Any) -> Any:
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value
